import { join } from 'node:path';
import type { SwapScores } from '@visage/faces';
import { writePng } from '@visage/faces/node';
import { writeMarkedPng } from '@visage/photos/node';
import { SwapEvaluation } from '../evaluation/evaluate.ts';
import { HeldOutEvaluation, type PhotoAnswer, type PhotoScores } from '../evaluation/heldOut.ts';
import type { PeopleSet } from '../evaluation/people.ts';
import { builtInJudge } from '../networks/builtIn.ts';
import { loadIdentityNetwork } from '../networks/load.ts';
import { judgeOf } from '../networks/photoJudge.ts';
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
  /** On the held-out people of the data set, if there is one. */
  readonly photos?: PhotoFigures;
}

/** The scores on held-out people of a data set. */
export interface PhotoFigures {
  readonly people: number;
  readonly references: Readonly<Record<PhotoAnswer, PhotoScores>>;
  readonly scores?: PhotoScores;
}

/** The measurements of a run; each is `undefined` where it is not possible. */
export interface Evaluations {
  /** On the tuning people, for a run that trains on procedural faces. */
  readonly swaps: SwapEvaluation | undefined;
  /** On the held-out people of the first data set; prepared when it is first needed. */
  readonly photos: (() => Promise<HeldOutEvaluation | undefined>) | undefined;
}

/** Prepares the measurements of a run. */
export async function evaluationsOf({ settings, dataSets }: TrainingRun): Promise<Evaluations> {
  const { imageSize, level, heldOut: people, data, judge: judgePath } = settings;
  const [first] = dataSets;
  const rendered = data.some(({ folder }) => folder === null);
  return {
    swaps: rendered
      ? await SwapEvaluation.prepare({
          judge: await loadIdentityNetwork(builtInJudge(level)),
          imageSize,
          level,
          people,
        })
      : undefined,
    photos:
      first &&
      (async () => {
        const { dataSet, split, pictures } = first;
        const judge = await judgeOf(judgePath, dataSet.template);
        return HeldOutEvaluation.prepare({ judge, people: split.heldOut, pictures });
      }),
  };
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
  readonly #preparePhotos: Evaluations['photos'];
  #photos: HeldOutEvaluation | undefined;
  #photoScores: PhotoScores | undefined;
  #sampledAt: number | undefined;

  constructor(folder: string, run: TrainingRun, journal: RunJournal, { swaps, photos }: Evaluations) {
    this.#folder = folder;
    this.#run = run;
    this.#journal = journal;
    this.#evaluation = swaps;
    this.#preparePhotos = photos;
  }

  get figures(): RunFigures {
    const { references, peopleSet } = this.#evaluation ?? {};
    const photos = this.#photos && {
      people: this.#photos.people,
      references: this.#photos.references,
      scores: this.#photoScores,
    };
    return { scores: this.#scores, references, peopleSet, ...(photos && { photos }) };
  }

  /** Writes the sample grid of the step. */
  async sample(): Promise<void> {
    const { trainer, samples, swapper } = this.#run;
    const name = `step-${String(trainer.step).padStart(7, '0')}.png`;
    await writeMarkedPng(join(this.#folder, 'samples', name), await sampleGrid(samples, swapper));
    this.#sampledAt = trainer.step;
  }

  /** Measures the swapper on the tuning people and on held-out people, and updates the page. */
  async measure(): Promise<void> {
    const { swapper } = this.#run;
    if (this.#evaluation) {
      this.#scores = await this.#evaluation.measure(swapper);
      this.#journal.measured('measure', { ...this.#scores }, 'tuning people');
    }
    this.#photos ??= await this.#preparePhotos?.();
    if (this.#photos) {
      this.#photoScores = await this.#photos.measure(swapper);
      this.#journal.measured('photos', { ...this.#photoScores }, 'held-out people');
    }
    await this.#journal.flush();
    await this.writeReport();
    this.#tell();
  }

  #tell(): void {
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    const { step } = this.#run.trainer;
    if (this.#scores) {
      const { psnr, top1, leak } = this.#scores;
      this.#journal.note(
        `step ${step}, tuning people: inner face ${psnr.toFixed(2)} dB, recognised as the source ${percent(top1)}, leak ${percent(leak)}`,
      );
    }
    if (this.#photoScores) {
      const { psnr, top1, leak } = this.#photoScores;
      this.#journal.note(
        `step ${step}, held-out people: recognised as the source ${percent(top1)}, leak ${percent(leak)}, with themselves ${psnr.toFixed(2)} dB`,
      );
    }
  }

  /**
   * Completes a finished run: makes the last step's sample and measurement if they are missing, and then measures on
   * the reporting people, who have not been measured before.
   */
  async complete(): Promise<void> {
    const { step } = this.#run.trainer;
    if (this.#sampledAt !== step) await this.sample();
    const missing = (event: 'measure' | 'photos', possible: unknown) =>
      possible && this.#journal.latest(event) !== step;
    if (missing('measure', this.#evaluation) || missing('photos', this.#preparePhotos)) await this.measure();
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
      ranks: this.#run.trainer.ranks,
    });
  }
}
