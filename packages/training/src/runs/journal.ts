import type { CollapseReport, StepReport } from '@visage/simswap';
import type { BadPicture } from '../data/pictures.ts';
import { describeRun } from '../settings/settings.ts';
import { type LogLine, TrainingLog } from './log.ts';
import type { RunObserver } from './observer.ts';
import type { TrainingRun } from './open.ts';

/**
 * Reports the progress of a run: as lines in the log on the disk, in the order of the steps, and as notes to the
 * observer.
 */
export class RunJournal {
  /** The observer that is notified; none before the training starts. */
  observer: RunObserver = {};
  readonly #run: TrainingRun;
  readonly #log: TrainingLog;
  /**
   * Pictures that were found to be bad while their step was prepared. The lines of steps are written later, when their
   * losses are read, so these wait here.
   */
  readonly #found: { readonly step: number; readonly note: string }[] = [];
  #kernelsPerStep: number | undefined;

  /** Opens the log and drops the lines after the step that the run has reached. */
  constructor(path: string, run: TrainingRun) {
    this.#run = run;
    this.#log = new TrainingLog(path, run.trainer.step);
  }

  get path(): string {
    return this.#log.path;
  }

  /** Mean number of kernel launches per step; `undefined` until one step on each kind of pairs was read. */
  get kernelsPerStep(): number | undefined {
    return this.#kernelsPerStep;
  }

  /**
   * Reports what is known before the first step: bad pictures, lines that are missing from the log, and a changed data
   * set.
   */
  begin(): void {
    const { trainer, dataSets, warning, settings } = this.#run;
    const { missing } = this.#log;
    if (this.#log.latest('settings') === undefined)
      this.#log.add({ step: trainer.step, event: 'settings', values: {}, note: describeRun(settings) });
    if (warning !== undefined) this.#warn(trainer.step, warning);
    if (missing > 0) this.#warn(trainer.step, `the log lacks the lines of ${missing} of ${trainer.step} steps`);
    const leftOut = ({ name, reason }: BadPicture) => `picture left out: ${name}: ${reason}`;
    for (const { pictures } of dataSets) {
      for (const bad of pictures.bad) this.#warn(trainer.step, leftOut(bad));
      pictures.onBad = (bad) => this.#found.push({ step: trainer.step + 1, note: leftOut(bad) });
    }
  }

  /** Logs the losses of a step and passes them to the observer. */
  step({ step, kind, losses, stepsPerSecond, scaling }: StepReport): void {
    this.#tellFound(step);
    const values = { ...losses, ...scalingValues(scaling), stepsPerSecond };
    this.#log.add({ step, event: 'step', values, note: kind });
    const { identity: id, reconstruction: rec, featureMatching: fm, generator: G, discriminator: D } = losses;
    const imagesPerSecond = stepsPerSecond * this.#run.settings.batchSize;
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
    this.#log.add({ step, event: 'alarm', values: { change, likeTarget, likeSource }, note: reason });
    this.note(`step ${step}, warning: ${reason}`);
  }

  /**
   * Logs the scores of a measurement. The line exists already if the run was killed after the measurement and resumed.
   */
  measured(event: 'measure' | 'report' | 'photos', values: LogLine['values'], note: string): void {
    const { step } = this.#run.trainer;
    if (this.#log.latest(event) !== step) this.#log.add({ step, event, values, note });
  }

  /** Step of the latest line of an event, `undefined` if there is none. */
  latest(event: LogLine['event']): number | undefined {
    return this.#log.latest(event);
  }

  /** Logs the error that ends the run. The observer is not notified, because the caller receives the error itself. */
  failed(message: string): void {
    const { step } = this.#run.trainer;
    this.#tellFound(step);
    this.#log.warn(step, `the run ended with an error: ${message}`);
  }

  /** Passes a line to the observer. */
  note(line: string): void {
    this.observer.onNote?.(line);
  }

  /** Writes all lines so far to the disk. */
  flush(): Promise<void> {
    return this.#log.flush();
  }

  /** Logs a warning and passes it to the observer, unless the log contains it already. */
  #warn(step: number, note: string): void {
    if (this.#log.warn(step, note)) this.note(`${step > 0 ? `step ${step}, ` : ''}warning: ${note}`);
  }

  /**
   * Reports the bad pictures found for steps up to `step`, whose line is written next. This keeps the log in the order
   * of the steps.
   */
  #tellFound(step: number): void {
    const later = this.#found.filter((found) => found.step > step);
    const now = this.#found.filter((found) => found.step <= step);
    this.#found.splice(0, Number.POSITIVE_INFINITY, ...later);
    for (const found of now) this.#warn(found.step, found.note);
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
