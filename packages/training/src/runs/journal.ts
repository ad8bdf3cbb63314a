import type { CollapseReport, StepReport } from '@visage/simswap';
import type { BadPicture } from '../data/pictures.ts';
import { describeRun } from '../settings/settings.ts';
import { type LogLine, TrainingLog } from './log.ts';
import type { RunObserver } from './observer.ts';
import type { TrainingRun } from './open.ts';

/** What a run tells: lines in the log on the disk, in the order of the steps, and notes to the observer. */
export class RunJournal {
  /** Who is told; nobody before the run trains. */
  observer: RunObserver = {};
  readonly #run: TrainingRun;
  readonly #log: TrainingLog;
  /** Pictures found bad while their step was prepared; losses, and with them the lines of steps, come later. */
  readonly #found: { readonly step: number; readonly note: string }[] = [];
  #kernelsPerStep: number | undefined;

  /** Opens the log, without the lines behind the step that the run stands at. */
  constructor(path: string, run: TrainingRun) {
    this.#run = run;
    this.#log = new TrainingLog(path, run.trainer.step);
  }

  get path(): string {
    return this.#log.path;
  }

  /** Unknown before a step on each kind of pairs was read. */
  get kernelsPerStep(): number | undefined {
    return this.#kernelsPerStep;
  }

  /** What is known before the first step: pictures that are bad, lines that the log lacks, data that changed. */
  begin(): void {
    const { trainer, pictures, warning, settings } = this.#run;
    const { missing } = this.#log;
    if (this.#log.latest('settings') === undefined)
      this.#log.add({ step: trainer.step, event: 'settings', values: {}, note: describeRun(settings) });
    if (warning !== undefined) this.#warn(trainer.step, warning);
    if (missing > 0) this.#warn(trainer.step, `the log lacks the lines of ${missing} of ${trainer.step} steps`);
    if (!pictures) return;
    const leftOut = ({ name, reason }: BadPicture) => `picture left out: ${name}: ${reason}`;
    for (const bad of pictures.bad) this.#warn(trainer.step, leftOut(bad));
    pictures.onBad = (bad) => this.#found.push({ step: trainer.step + 1, note: leftOut(bad) });
  }

  /** The losses of a step. */
  step({ step, kind, losses, stepsPerSecond, scaling }: StepReport): void {
    this.#tellFound(step);
    const values = { ...losses, ...scalingValues(scaling), stepsPerSecond };
    this.#log.add({ step, event: 'step', values, note: kind });
    const { identity: id, reconstruction: rec, featureMatching: fm, generator: G, discriminator: D } = losses;
    const imagesPerSecond = stepsPerSecond * this.#run.settings.batchSize;
    this.observer.onStep?.({ step, stepsPerSecond, imagesPerSecond, losses: { G, D, id, rec, fm } });
    if (this.#kernelsPerStep === undefined) this.#countKernels();
  }

  /** Says once how many kernels a step launches: each costs the host a few microseconds. */
  #countKernels(): void {
    this.#kernelsPerStep = this.#run.trainer.kernelsPerStep;
    if (this.#kernelsPerStep !== undefined) this.note(`${Math.round(this.#kernelsPerStep)} kernels per step`);
  }

  /** A collapse is suspected. */
  alarm({ step, reason, change, likeTarget, likeSource }: CollapseReport): void {
    this.#log.add({ step, event: 'alarm', values: { change, likeTarget, likeSource }, note: reason });
    this.note(`step ${step}, warning: ${reason}`);
  }

  /** The figures of a measurement. A run that was killed behind it has its line already. */
  measured(event: 'measure' | 'report', values: LogLine['values'], note: string): void {
    const { step } = this.#run.trainer;
    if (this.#log.latest(event) !== step) this.#log.add({ step, event, values, note });
  }

  /** Step of the latest line of an event, `undefined` if there is none. */
  latest(event: LogLine['event']): number | undefined {
    return this.#log.latest(event);
  }

  /** The run ends with an error: that goes into the log alone, since whoever watches is given the error itself. */
  failed(message: string): void {
    const { step } = this.#run.trainer;
    this.#tellFound(step);
    this.#log.warn(step, `the run ended with an error: ${message}`);
  }

  /** Tells the observer a line. */
  note(line: string): void {
    this.observer.onNote?.(line);
  }

  /** Puts all lines so far on the disk. */
  flush(): Promise<void> {
    return this.#log.flush();
  }

  /** Notes a warning in the log and to the observer, unless the log has it already. */
  #warn(step: number, note: string): void {
    if (this.#log.warn(step, note)) this.note(`${step > 0 ? `step ${step}, ` : ''}warning: ${note}`);
  }

  /**
   * Notes what was found while steps were prepared, up to one whose line comes next: the log is in the order of the
   * steps.
   */
  #tellFound(step: number): void {
    const later = this.#found.filter((found) => found.step > step);
    const now = this.#found.filter((found) => found.step <= step);
    this.#found.splice(0, Number.POSITIVE_INFINITY, ...later);
    for (const found of now) this.#warn(found.step, found.note);
  }
}

/** What the loss scalers of mixed precision did, as the log has it. */
const scalingValues = (scaling: StepReport['scaling']): Record<string, number> =>
  Object.fromEntries(
    Object.entries(scaling ?? {}).flatMap(([player, { lossScale, skipped }]) => [
      [`${player}LossScale`, lossScale],
      [`${player}Skipped`, skipped],
    ]),
  );
