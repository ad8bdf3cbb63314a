import { type Embeddings, leakRate, pixelErrors, retrievalTop1, swapMargin } from '@visage/faces';
import { type IdentityNetwork, inBatches, joined, type Swapper } from '@visage/simswap';
import type { DataPerson } from '../data/dataSet.ts';
import type { Pictures } from '../data/pictures.ts';
import { PhotoJudge } from '../networks/photoJudge.ts';
import { facesAtOnce, upload } from './batches.ts';
import { embedAll } from './evaluate.ts';
import { addUnit } from './likeness.ts';

/** Who measures a swapper on whose photographs. */
export interface HeldOutOptions {
  /** The network that recognises people; one that was not trained on them. */
  readonly judge: IdentityNetwork | PhotoJudge;
  /** People on whom nothing trained. */
  readonly people: readonly DataPerson[];
  readonly pictures: Pictures;
}

/** Scores of one answer on photographs, for which no exact swap is known. */
export interface PhotoScores {
  /** Share of swaps recognised as their source among the held-out people. */
  readonly top1: number;
  /** cos(swap, source) − cos(swap, target), mean. */
  readonly margin: number;
  /** Share of swaps nearer to the target's identity than to the source's. */
  readonly leak: number;
  /**
   * Swaps of a person with another photograph of the same person should return the target: mean absolute error of all
   * values, and PSNR in dB.
   */
  readonly l1: number;
  readonly psnr: number;
}

/**
 * Answers that need no swapper. `photo` answers with another photograph of the source's person: what it scores in top-1
 * and margin is what the judge makes of real photographs.
 */
export type PhotoAnswer = 'copyTarget' | 'copySource' | 'photo';

const MOST_FACES = 5; // of a person: a source, a target or probe, and the rest for the gallery
const LEAST_FACES = 3;
const SWAPS_PER_PERSON = 2;

/** Pictures and embeddings of each person who takes part, on the host. */
interface Album {
  readonly sources: Float32Array;
  readonly targets: Float32Array;
  readonly gallery: Embeddings;
  readonly count: number;
}

/**
 * Measures swappers on photographs of people who were held out of the training. Everybody with at least three good
 * pictures takes part: the first is a source, the second a target, the others are what the judge knows them by.
 */
export class HeldOutEvaluation {
  readonly #options: HeldOutOptions;
  readonly #album: Album;
  readonly #sources: Embeddings;
  readonly #targets: Embeddings;
  readonly references: Readonly<Record<PhotoAnswer, PhotoScores>>;

  private constructor(options: HeldOutOptions, album: Album, sources: Embeddings, targets: Embeddings) {
    this.#options = options;
    this.#album = album;
    this.#sources = sources;
    this.#targets = targets;
    const rows = this.#swaps();
    const unchanged = { l1: 0, psnr: Number.POSITIVE_INFINITY };
    const source = picked(sources, rows.sources);
    this.references = {
      copyTarget: { ...this.#identity(picked(targets, rows.targets)), ...unchanged },
      copySource: { ...this.#identity(source), ...this.#pixels(album.sources) },
      photo: { ...this.#identity(picked(targets, rows.sources)), ...this.#pixels(album.sources) },
    };
  }

  /** Reads the pictures and scores the baseline answers; `undefined` if fewer than two people have enough of them. */
  static async prepare(options: HeldOutOptions): Promise<HeldOutEvaluation | undefined> {
    const { judge, pictures } = options;
    const album = await albumOf(options);
    if (album === undefined) return undefined;
    const size = pictures.imageSize;
    const [sources, targets] = [await embedAll(judge, album.sources, size), await embedAll(judge, album.targets, size)];
    return new HeldOutEvaluation(options, album, sources, targets);
  }

  /** The number of people who take part. */
  get people(): number {
    return this.#album.count;
  }

  /** Scores a swapper. */
  async measure(swapper: Swapper): Promise<PhotoScores> {
    const { judge, pictures } = this.#options;
    const { sources, targets, count } = this.#album;
    const rows = this.#swaps();
    const everybody = Array.from({ length: count }, (_, k) => k);
    const size = pictures.imageSize;
    const swapped = (from: readonly number[], into: readonly number[]) => {
      const [given, changed] = [pickedImages(sources, size, from), pickedImages(targets, size, into)];
      const { gpu } = swapper.generator;
      const swap = (first: number, end: number) =>
        swapper.swapImages(upload(changed, size, first, end, gpu), upload(given, size, first, end, gpu));
      return inBatches(from.length, swap, facesAtOnce(size));
    };
    const others = await embedAll(judge, await swapped(rows.sources, rows.targets), size);
    return { ...this.#identity(others), ...this.#pixels(await swapped(everybody, everybody)) };
  }

  /** Person k goes into the targets of the next people, with wrap-around. */
  #swaps() {
    const { count } = this.#album;
    const rounds = Math.min(SWAPS_PER_PERSON, count - 1);
    const all = Array.from({ length: rounds * count }, (_, k) => k);
    return {
      sources: all.map((k) => k % count),
      targets: all.map((k) => (k + 1 + Math.floor(k / count)) % count),
    };
  }

  #identity(answers: Embeddings): Pick<PhotoScores, 'top1' | 'margin' | 'leak'> {
    const rows = this.#swaps();
    const [sources, targets] = [picked(this.#sources, rows.sources), picked(this.#targets, rows.targets)];
    return {
      top1: retrievalTop1(answers, this.#album.gallery, rows.sources),
      margin: swapMargin(answers, sources, targets),
      leak: leakRate(answers, sources, targets),
    };
  }

  /** How far answers to swaps of people with themselves are from their targets. */
  #pixels(answers: Float32Array): Pick<PhotoScores, 'l1' | 'psnr'> {
    const { targets, count } = this.#album;
    const { meanL1: l1, meanPsnr: psnr } = pixelErrors(
      answers,
      targets,
      new Float32Array(targets.length / 3).fill(1),
      count,
    );
    return { l1, psnr };
  }
}

/** The pictures of everybody who has enough good ones. */
async function albumOf({ judge, people, pictures }: HeldOutOptions): Promise<Album | undefined> {
  const albums: Float32Array[][] = [];
  for (const { faces } of people) {
    const good: Float32Array[] = [];
    for (let k = 0; k < faces.length && good.length < MOST_FACES; k++) {
      const face = await pictures.face(faces[k] as number);
      if (face) good.push(face.data);
    }
    if (good.length >= LEAST_FACES) albums.push(good);
  }
  if (albums.length < 2) return undefined;
  const size = judge instanceof PhotoJudge ? judge.embedding : judge.config.embedding;
  const gallery = new Float32Array(albums.length * size);
  for (const [row, [, , ...known]] of albums.entries()) {
    const { values } = await embedAll(judge, joined(known), pictures.imageSize);
    for (let from = 0; from < values.length; from += size)
      addUnit(gallery.subarray(row * size, (row + 1) * size), values.subarray(from, from + size));
  }
  return {
    sources: joined(albums.map(([source]) => source as Float32Array)),
    targets: joined(albums.map(([, target]) => target as Float32Array)),
    gallery: { values: gallery, size },
    count: albums.length,
  };
}

const pickedRows = (values: Float32Array, size: number, rows: readonly number[]): Float32Array =>
  joined(rows.map((row) => values.subarray(row * size, (row + 1) * size)));

const picked = ({ values, size }: Embeddings, rows: readonly number[]): Embeddings => ({
  values: pickedRows(values, size, rows),
  size,
});

const pickedImages = (images: Float32Array, size: number, rows: readonly number[]): Float32Array =>
  pickedRows(images, size * size * 3, rows);
