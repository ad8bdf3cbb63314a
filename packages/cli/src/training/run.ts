import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SwapScores } from '@visage/faces';
import { writePng } from '@visage/faces/node';
import { saveFile } from '@visage/nn/node';
import type { CollapseReport, StepReport } from '@visage/simswap';
import { writeMarkedPng } from '../provenance/mark.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { Progress } from '../terminal/progress.ts';
import { type RunState, storedDataSet } from './dataSet.ts';
import { SwapEvaluation } from './evaluate.ts';
import { logLines, TrainingLog } from './log.ts';
import type { TrainingRun } from './open.ts';
import type { PeopleSet } from './people.ts';
import type { BadPicture } from './pictures.ts';
import { writeRunReport } from './report.ts';
import { sampleGrid, swapPicture } from './samples.ts';
import { describeRun, notesOf } from './settings.ts';
import { builtInWeights, loadIdentityNetwork } from './weights.ts';

/** How a run ended. */
export interface Outcome {
  readonly finished: boolean;
  readonly step: number;
  /** Mean over the run, its samples, measurements and compilation included. */
  readonly stepsPerSecond: number;
  readonly checkpoint: string;
  /** Scores of the swapper and of the answers that need none, on the reporting people when the run is finished; procedural faces only. */
  readonly scores?: SwapScores;
  readonly references?: SwapEvaluation['references'];
  /** Whose swaps they measure. */
  readonly peopleSet?: PeopleSet;
}

/**
 * Trains a run into a folder: log, sample grids, measurements, checkpoints, and the report that shows them all.
 *
 * A process that is killed at any moment loses the steps since the last checkpoint and nothing else: every file is written beside its name and renamed, and
 * the log is on the disk before the checkpoint that speaks of its steps. The resumed run makes the same again, bit for bit.
 */
export class RunFolder {
  readonly folder: string;
  readonly run: TrainingRun;
  readonly #log: TrainingLog;
  /** On the tuning people; on the reporting people once the run is finished. */
  #evaluation: SwapEvaluation | undefined;
  #progress: Progress | undefined;
  #scores: SwapScores | undefined;
  #sampledAt: number | undefined;
  /** Step of the checkpoint on the disk. */
  #savedAt: number | undefined;
  #interrupted = false;
  #kernelsPerStep: number | undefined;
  /** Pictures found bad while their step was prepared; losses, and with them the lines of steps, come later. */
  readonly #found: { readonly step: number; readonly note: string }[] = [];

  private constructor(folder: string, run: TrainingRun, evaluation: SwapEvaluation | undefined) {
    this.folder = folder;
    this.run = run;
    this.#evaluation = evaluation;
    const { step } = run.trainer;
    this.#log = new TrainingLog(join(folder, 'log.jsonl'), step);
  }

  /** Makes the folder and prepares the measurements. */
  static async open(folder: string, run: TrainingRun): Promise<RunFolder> {
    await mkdir(join(folder, 'samples'), { recursive: true });
    const { imageSize, level, heldOut: people } = run.settings;
    const procedural = run.settings.folder === null;
    const evaluation = procedural
      ? await SwapEvaluation.prepare({
          judge: await loadIdentityNetwork(builtInWeights('judge')),
          imageSize,
          level,
          people,
        })
      : undefined;
    return new RunFolder(folder, run, evaluation);
  }

  /**
   * Trains to the end, or until Ctrl-C, SIGTERM or the loss of the terminal; either way everything is saved.
   *
   * An error ends the run too, and is thrown once the steps so far are saved; a state that is not finite is not, and leaves the last good checkpoint alone.
   */
  async train(): Promise<Outcome> {
    const { trainer, settings } = this.run;
    const [first, started] = [trainer.step, performance.now()];
    const progress = new Progress(settings.steps, trainer.step);
    this.#progress = progress;
    const release = onInterrupt(() => {
      this.#interrupted = true;
      trainer.stop();
      progress.note('finishing this step and saving; Ctrl-C again ends at once without saving');
    });
    try {
      this.#sayFirst();
      await this.#steps().finally(() => progress.stop());
      return await this.#finish((1000 * (trainer.step - first)) / (performance.now() - started));
    } catch (cause) {
      await this.#rescue(cause);
      throw cause;
    } finally {
      release();
    }
  }

  /** What is known before the first step: pictures that are bad, lines that the log lacks, data that changed. */
  #sayFirst(): void {
    const { trainer, pictures, warning } = this.run;
    const { missing } = this.#log;
    if (this.#log.latest('settings') === undefined)
      this.#log.add({ step: trainer.step, event: 'settings', values: {}, note: describeRun(this.run.settings) });
    if (warning !== undefined) this.#warn(trainer.step, warning);
    if (missing > 0) this.#warn(trainer.step, `the log lacks the lines of ${missing} of ${trainer.step} steps`);
    if (!pictures) return;
    const leftOut = ({ name, reason }: BadPicture) => `picture left out: ${name}: ${reason}`;
    for (const bad of pictures.bad) this.#warn(trainer.step, leftOut(bad));
    pictures.onBad = (bad) => this.#found.push({ step: trainer.step + 1, note: leftOut(bad) });
  }

  async #steps(): Promise<void> {
    const { trainer, settings } = this.run;
    if (trainer.step === 0) await this.#sample();
    if (this.#interrupted) return;
    await trainer.run({
      until: settings.steps,
      tasks: [
        { every: settings.sampleEvery, run: () => this.#sample() },
        { every: settings.evaluateEvery, run: () => this.#measure() },
        { every: settings.saveEvery, run: () => this.#save() },
      ],
      onStep: (report) => this.#onStep(report),
      onAlarm: (report) => this.#onAlarm(report),
    });
  }

  #onStep({ step, kind, losses, stepsPerSecond, scaling }: StepReport): void {
    this.#tellFound(step);
    this.#log.add({
      step,
      event: 'step',
      values: { ...losses, ...scalingValues(scaling), stepsPerSecond },
      note: kind,
    });
    const { identity: id, reconstruction: rec, featureMatching: fm, generator: G, discriminator: D } = losses;
    const imagesPerSecond = stepsPerSecond * this.run.settings.batchSize;
    this.#progress?.update({ step, stepsPerSecond, imagesPerSecond, losses: { G, D, id, rec, fm } });
    if (this.#kernelsPerStep === undefined) this.#countKernels();
  }

  /** Says once how many kernels a step launches: each costs the host a few microseconds. */
  #countKernels(): void {
    this.#kernelsPerStep = this.run.trainer.kernelsPerStep;
    if (this.#kernelsPerStep !== undefined)
      this.#progress?.note(`${Math.round(this.#kernelsPerStep)} kernels per step`);
  }

  #onAlarm({ step, reason, change, likeTarget, likeSource }: CollapseReport): void {
    this.#log.add({ step, event: 'alarm', values: { change, likeTarget, likeSource }, note: reason });
    this.#progress?.note(`step ${step}, warning: ${reason}`);
  }

  /** Notes a warning in the log and on the terminal, unless the log has it already. */
  #warn(step: number, note: string): void {
    if (this.#log.warn(step, note)) this.#progress?.note(`${step > 0 ? `step ${step}, ` : ''}warning: ${note}`);
  }

  /** Notes what was found while steps were prepared, up to one whose line comes next: the log is in the order of the steps. */
  #tellFound(step: number): void {
    const later = this.#found.filter((found) => found.step > step);
    const now = this.#found.filter((found) => found.step <= step);
    this.#found.splice(0, Number.POSITIVE_INFINITY, ...later);
    for (const found of now) this.#warn(found.step, found.note);
  }

  /** The log goes first: a checkpoint whose steps were not logged could never make up for their lines. */
  async #save(finished = false): Promise<void> {
    await this.#log.flush();
    await this.#saveCheckpoint(finished);
  }

  async #saveCheckpoint(finished: boolean): Promise<void> {
    const { trainer, settings, dataSet } = this.run;
    const { step } = trainer;
    const state: RunState = { ...(dataSet && { data: storedDataSet(dataSet, this.folder) }), finished };
    await saveFile(this.checkpoint, await trainer.checkpoint({ ...notesOf(settings), ...state }));
    this.#savedAt = step;
  }

  /** Saves what can be saved of a run that ends with an error, and says what was. */
  async #rescue(cause: unknown): Promise<void> {
    const { trainer } = this.run;
    const say = (line: string) => this.#progress?.note(line);
    const { message } = cause as Error;
    this.#tellFound(trainer.step);
    this.#log.warn(trainer.step, `the run ended with an error: ${message}`);
    await this.#log.flush().catch((error: Error) => say(`the log is not complete: ${error.message}`));
    if (trainer.step === 0 || this.#savedAt === trainer.step) return;
    try {
      await this.#saveCheckpoint(false);
      say(`saved after step ${trainer.step}; go on with --resume ${this.checkpoint}`);
    } catch (error) {
      say(`nothing is saved of this state (${(error as Error).message}); an earlier checkpoint is as it was`);
    }
  }

  get checkpoint(): string {
    return join(this.folder, 'checkpoint.safetensors');
  }

  async #sample(): Promise<void> {
    const { trainer, samples, swapper } = this.run;
    const name = `step-${String(trainer.step).padStart(7, '0')}.png`;
    await writeMarkedPng(join(this.folder, 'samples', name), await sampleGrid(samples, swapper));
    this.#sampledAt = trainer.step;
  }

  async #measure(): Promise<void> {
    if (!this.#evaluation) return;
    const { trainer, swapper } = this.run;
    this.#scores = await this.#evaluation.measure(swapper);
    // A run that was killed behind this measurement has its line already.
    if (this.#log.latest('measure') !== trainer.step)
      this.#log.add({ step: trainer.step, event: 'measure', values: { ...this.#scores }, note: 'tuning people' });
    await this.#log.flush();
    await this.#report();
    const { psnr, top1, leak } = this.#scores;
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    this.#progress?.note(
      `step ${trainer.step}, tuning people: inner face ${psnr.toFixed(2)} dB, recognised as the source ${percent(top1)}, leak ${percent(leak)}`,
    );
  }

  /** The figures that the run ends with, on people whom nobody has looked at before. */
  async #measureForReport(): Promise<void> {
    if (!this.#evaluation) return;
    const { trainer, swapper } = this.run;
    this.#evaluation = await this.#evaluation.on('reporting');
    this.#scores = await this.#evaluation.measure(swapper);
    if (this.#log.latest('report') !== trainer.step)
      this.#log.add({ step: trainer.step, event: 'report', values: { ...this.#scores }, note: 'reporting people' });
  }

  /**
   * The last sample, measurement, checkpoint and pictures. The checkpoint comes first, so that nothing behind it can cost a step; and once more when all is
   * there, with a note that says so: a run that is killed in between can be resumed to write the rest.
   */
  async #finish(stepsPerSecond: number): Promise<Outcome> {
    const { trainer, settings, samples, swapper } = this.run;
    const { step } = trainer;
    const finished = step >= settings.steps;
    if (this.#savedAt !== step) await this.#save();
    if (finished) {
      if (this.#sampledAt !== step) await this.#sample();
      if (this.#log.latest('measure') !== step) await this.#measure();
      await this.#measureForReport();
    }
    await writeMarkedPng(join(this.folder, 'swap.png'), await swapPicture(samples, swapper));
    if (samples.truths) await writePng(join(this.folder, 'truth.png'), await sampleGrid(samples, 'truth'));
    await this.#log.flush();
    await this.#report();
    if (finished) await this.#save(true);
    const { references, peopleSet } = this.#evaluation ?? {};
    const { checkpoint } = this;
    return {
      finished,
      step,
      stepsPerSecond,
      checkpoint,
      scores: this.#scores,
      references,
      peopleSet,
    };
  }

  #report(): Promise<void> {
    return writeRunReport({
      folder: this.folder,
      settings: this.run.settings,
      step: this.run.trainer.step,
      lines: logLines(this.#log.path),
      scores: this.#scores,
      references: this.#evaluation?.references,
      peopleSet: this.#evaluation?.peopleSet,
      kernelsPerStep: this.#kernelsPerStep,
    });
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
