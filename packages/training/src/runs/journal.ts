import type { CollapseReport, StepReport } from '@visage/simswap';
import { describeRun } from '../settings/settings.ts';
import { BaseJournal } from './baseJournal.ts';
import type { TrainingRun } from './open.ts';

/** The journal of a swapper's training. */
export class RunJournal extends BaseJournal {
  readonly #run: TrainingRun;
  #kernelsPerStep: number | undefined;

  /** Opens the log and drops the lines after the step that the run has reached. */
  constructor(path: string, run: TrainingRun) {
    super(path, run, describeRun(run.settings));
    this.#run = run;
  }

  /** Mean number of kernel launches per step; `undefined` until one step on each kind of pairs was read. */
  get kernelsPerStep(): number | undefined {
    return this.#kernelsPerStep;
  }

  /** Logs the losses of a step and passes them to the observer. */
  step({ step, kind, losses, stepsPerSecond, scaling }: StepReport): void {
    this.tellFound(step);
    const values = { ...losses, ...scalingValues(scaling), stepsPerSecond };
    this.log.add({ step, event: 'step', values, note: kind });
    const { identity: id, reconstruction: rec, featureMatching: fm, generator: G, discriminator: D } = losses;
    const imagesPerSecond = stepsPerSecond * this.#run.settings.batchSize * this.#run.trainer.ranks;
    this.observer.onStep?.({ step, stepsPerSecond, imagesPerSecond, losses: { G, D, id, rec, fm } });
    if (this.#kernelsPerStep === undefined) this.#countKernels();
  }

  /** Reports once how many kernels a step launches, since each launch costs the host a few microseconds. */
  #countKernels(): void {
    this.#kernelsPerStep = this.#run.trainer.kernelsPerStep;
    if (this.#kernelsPerStep !== undefined) this.note(`${Math.round(this.#kernelsPerStep)} kernels per step`);
  }

  /** Logs a suspected collapse of the training. */
  alarm({ step, reason, change, likeTarget, likeSource }: CollapseReport): void {
    this.log.add({ step, event: 'alarm', values: { change, likeTarget, likeSource }, note: reason });
    this.note(`step ${step}, warning: ${reason}`);
  }
}

/** The state of the loss scalers of mixed precision, as values of a log line. */
const scalingValues = (scaling: StepReport['scaling']): Record<string, number> =>
  Object.fromEntries(
    Object.entries(scaling ?? {}).flatMap(([player, { lossScale, skipped }]) => [
      [`${player}LossScale`, lossScale],
      [`${player}Skipped`, skipped],
    ]),
  );
