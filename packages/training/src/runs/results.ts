import { join } from 'node:path';
import type { SwapScores } from '@visage/faces';
import { writePng } from '@visage/faces/node';
import { writeMarkedPng } from '@visage/photos/node';
import { SwapEvaluation } from '../evaluation/evaluate.ts';
import type { PeopleSet } from '../evaluation/people.ts';
import { builtInWeights } from '../networks/builtIn.ts';
import { loadIdentityNetwork } from '../networks/load.ts';
import type { RunJournal } from './journal.ts';
import { logLines } from './log.ts';
import type { TrainingRun } from './open.ts';
import { writeRunReport } from './report.ts';
import { sampleGrid, swapPicture } from './samples.ts';

/** The scores that a run has so far. */
export interface RunFigures {
  readonly scores?: SwapScores;
  readonly references?: SwapEvaluation['references'];
  /** The set of people whose swaps the scores measure. */
  readonly peopleSet?: PeopleSet;
}

/**
 * Prepares the measurement of a run on the tuning people. It is `undefined` for data sets on the disk, whose exact
 * swaps are unknown.
 */
export async function evaluationOf({ settings }: TrainingRun): Promise<SwapEvaluation | undefined> {
  const { imageSize, level, heldOut: people, folder } = settings;
  if (folder !== null) return undefined;
  const judge = await loadIdentityNetwork(builtInWeights('judge'));
  return SwapEvaluation.prepare({ judge, imageSize, level, people });
}

/**
 * Writes the results in the folder of a run: sample grids, one swap, measurements, and the page that shows them all.
 */
export class RunResults {
  readonly #folder: string;
  readonly #run: TrainingRun;
  readonly #journal: RunJournal;
  /** The measurement on the tuning people, or on the reporting people once the run is finished. */
  #evaluation: SwapEvaluation | undefined;
  #scores: SwapScores | undefined;
  #sampledAt: number | undefined;

  constructor(folder: string, run: TrainingRun, journal: RunJournal, evaluation: SwapEvaluation | undefined) {
    this.#folder = folder;
    this.#run = run;
    this.#journal = journal;
    this.#evaluation = evaluation;
  }

  get figures(): RunFigures {
    const { references, peopleSet } = this.#evaluation ?? {};
    return { scores: this.#scores, references, peopleSet };
  }

  /** Writes the sample grid of the step. */
  async sample(): Promise<void> {
    const { trainer, samples, swapper } = this.#run;
    const name = `step-${String(trainer.step).padStart(7, '0')}.png`;
    await writeMarkedPng(join(this.#folder, 'samples', name), await sampleGrid(samples, swapper));
    this.#sampledAt = trainer.step;
  }

  /** Measures the swapper on the tuning people and updates the page. */
  async measure(): Promise<void> {
    if (!this.#evaluation) return;
    const { trainer, swapper } = this.#run;
    this.#scores = await this.#evaluation.measure(swapper);
    this.#journal.measured('measure', { ...this.#scores }, 'tuning people');
    await this.#journal.flush();
    await this.writeReport();
    const { psnr, top1, leak } = this.#scores;
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    this.#journal.note(
      `step ${trainer.step}, tuning people: inner face ${psnr.toFixed(2)} dB, recognised as the source ${percent(top1)}, leak ${percent(leak)}`,
    );
  }

  /**
   * Completes a finished run: makes the last step's sample and measurement if they are missing, and then measures on
   * the reporting people, who have not been measured before.
   */
  async complete(): Promise<void> {
    const { step } = this.#run.trainer;
    if (this.#sampledAt !== step) await this.sample();
    if (this.#journal.latest('measure') !== step) await this.measure();
    if (!this.#evaluation) return;
    this.#evaluation = await this.#evaluation.on('reporting');
    this.#scores = await this.#evaluation.measure(this.#run.swapper);
    this.#journal.measured('report', { ...this.#scores }, 'reporting people');
  }

  /** Writes a picture of one swap, and a grid of the exact swaps where they are known. */
  async writePictures(): Promise<void> {
    const { samples, swapper } = this.#run;
    await writeMarkedPng(join(this.#folder, 'swap.png'), await swapPicture(samples, swapper));
    if (samples.truths) await writePng(join(this.#folder, 'truth.png'), await sampleGrid(samples, 'truth'));
  }

  /** Writes the page from the log on the disk. */
  writeReport(): Promise<void> {
    const { settings, trainer } = this.#run;
    return writeRunReport({
      folder: this.#folder,
      settings,
      step: trainer.step,
      lines: logLines(this.#journal.path),
      ...this.figures,
      kernelsPerStep: this.#journal.kernelsPerStep,
    });
  }
}
