import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SwapScores } from '@visage/faces';
import { writePng } from '@visage/faces/node';
import { saveFile } from '@visage/nn/node';
import type { CollapseReport, StepReport } from '@visage/simswap';
import { writeMarkedPng } from '../provenance/mark.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { Progress } from '../terminal/progress.ts';
import { SwapEvaluation } from './evaluate.ts';
import { TrainingLog } from './log.ts';
import type { TrainingRun } from './open.ts';
import type { PeopleSet } from './people.ts';
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

/** Trains a run into a folder: log, sample grids, measurements, checkpoints, and the report that shows them all. */
export class RunFolder {
  readonly folder: string;
  readonly run: TrainingRun;
  readonly #log: TrainingLog;
  /** On the tuning people; on the reporting people once the run is finished. */
  #evaluation: SwapEvaluation | undefined;
  #progress: Progress | undefined;
  #scores: SwapScores | undefined;
  #kernelsPerStep: number | undefined;

  private constructor(folder: string, run: TrainingRun, evaluation: SwapEvaluation | undefined) {
    this.folder = folder;
    this.run = run;
    this.#evaluation = evaluation;
    this.#log = new TrainingLog(join(folder, 'log.jsonl'), run.trainer.step);
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

  /** Trains to the end, or until Ctrl-C; either way everything is saved. */
  async train(): Promise<Outcome> {
    const { trainer, settings } = this.run;
    this.#log.add({ step: trainer.step, event: 'settings', values: {}, note: describeRun(settings) });
    if (trainer.step === 0) await this.#sample();
    const [first, started] = [trainer.step, performance.now()];
    this.#progress = new Progress(settings.steps, trainer.step);
    const release = onInterrupt(() => {
      this.#progress?.note('finishing this step and saving; Ctrl-C again ends at once without saving');
      trainer.stop();
    });
    try {
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
    } finally {
      release();
      this.#progress.stop();
      await this.#log.flush();
    }
    return this.#finish((1000 * (trainer.step - first)) / (performance.now() - started));
  }

  #onStep({ step, kind, losses, stepsPerSecond, scaling }: StepReport): void {
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

  async #save(): Promise<void> {
    const { trainer, settings } = this.run;
    await saveFile(this.checkpoint, await trainer.checkpoint(notesOf(settings)));
    await this.#log.flush();
  }

  get checkpoint(): string {
    return join(this.folder, 'checkpoint.safetensors');
  }

  async #sample(): Promise<void> {
    const { trainer, samples, swapper } = this.run;
    const name = `step-${String(trainer.step).padStart(7, '0')}.png`;
    await writeMarkedPng(join(this.folder, 'samples', name), await sampleGrid(samples, swapper));
  }

  async #measure(): Promise<void> {
    if (!this.#evaluation) return;
    const { trainer, swapper } = this.run;
    this.#scores = await this.#evaluation.measure(swapper);
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
    const { trainer, swapper, settings } = this.run;
    if (trainer.step % settings.evaluateEvery !== 0) await this.#measure();
    this.#evaluation = await this.#evaluation.on('reporting');
    this.#scores = await this.#evaluation.measure(swapper);
    this.#log.add({ step: trainer.step, event: 'report', values: { ...this.#scores }, note: 'reporting people' });
  }

  /** The last sample, measurement, checkpoint and pictures; what was due at the last step is there already. */
  async #finish(stepsPerSecond: number): Promise<Outcome> {
    const { trainer, settings, samples, swapper } = this.run;
    const finished = trainer.step >= settings.steps;
    await this.#save();
    if (finished) {
      if (trainer.step % settings.sampleEvery !== 0) await this.#sample();
      await this.#measureForReport();
    }
    await writeMarkedPng(join(this.folder, 'swap.png'), await swapPicture(samples, swapper));
    if (samples.truths) await writePng(join(this.folder, 'truth.png'), await sampleGrid(samples, 'truth'));
    await this.#log.flush();
    await this.#report();
    const { references, peopleSet } = this.#evaluation ?? {};
    const { checkpoint } = this;
    return {
      finished,
      step: trainer.step,
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
      lines: this.#log.lines,
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
