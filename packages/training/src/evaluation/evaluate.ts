import {
  type Embeddings,
  type Level,
  renderFaces,
  type SwapAnswer,
  SwapFaces,
  type SwapIndices,
  type SwapScores,
  type SwapTask,
  swapScores,
  trivialScores,
} from '@visage/faces';
import { type IdentityNetwork, inBatches, type Swapper } from '@visage/simswap';
import { noGrad, type Tensor } from '@visage/tensor';
import { loadFaces } from '../networks/load.ts';
import { PhotoJudge } from '../networks/photoJudge.ts';
import { facesAtOnce, upload } from './batches.ts';
import { addUnit } from './likeness.ts';
import { firstOf, type PeopleSet } from './people.ts';

/** The faces on which a swapper is measured, and the network that judges its swaps. */
export interface EvaluationOptions {
  readonly judge: IdentityNetwork;
  readonly imageSize: number;
  readonly level: Level;
  /** Number of people in the test. Each is the source of two swaps, and nobody was trained on. */
  readonly people: number;
  /** The set that the people are taken from. Default `tuning`. */
  readonly peopleSet?: PeopleSet;
}

/** Baseline answers that every table shows next to the swapper's scores. */
export type AnswerName = 'copyTarget' | 'copySource' | 'meanIdentity' | 'truth';

const SWAPS_PER_PERSON = 2;
const GALLERY_PHOTOS = 3;

/** Source and target faces of the measured swaps; row k of both belongs to swap k. */
interface Faces {
  readonly sources: Float32Array;
  readonly targets: Float32Array;
}

/**
 * Measures swappers on procedural people and attributes that were not used in any training, so that the exact swap is
 * known. Each person is swapped into the photos of two other people.
 */
export class SwapEvaluation {
  readonly #options: EvaluationOptions;
  readonly #faces: Faces;
  readonly #task: SwapTask;
  /** Scores of the baseline answers, and of the exact truth, which is the best score that the judge allows. */
  readonly references: Readonly<Record<AnswerName, SwapScores>>;

  private constructor(
    options: EvaluationOptions,
    faces: Faces,
    task: SwapTask,
    references: Record<AnswerName, SwapScores>,
  ) {
    this.#options = options;
    this.#faces = faces;
    this.#task = task;
    this.references = references;
  }

  /** Renders the faces and scores the baseline answers. */
  static async prepare(options: EvaluationOptions): Promise<SwapEvaluation> {
    const { judge, people } = options;
    await loadFaces([options.level]);
    const first = firstOf[options.peopleSet ?? 'tuning'];
    const indices = evaluatedSwaps(people, first);
    const { sources, targets, truths, masks, meanIdentity } = await renderAll(indices, options);
    const embedded = async (images: Float32Array): Promise<SwapAnswer> => ({
      images,
      embeddings: await embedAll(judge, images, options.imageSize),
    });
    const [source, target, mean, truth] = [
      await embedded(sources),
      await embedded(targets),
      await embedded(meanIdentity),
      await embedded(truths),
    ];
    const task: SwapTask = {
      count: indices.sourceIdentities.length,
      truths,
      masks,
      sources: source.embeddings,
      targets: target.embeddings,
      gallery: await enrolled(options),
      sourceRows: indices.sourceIdentities.map((person) => person - first),
    };
    const images = { source: sources, target: targets, meanIdentity: mean };
    const references = { ...trivialScores(task, images), truth: swapScores(task, truth) };
    return new SwapEvaluation(options, { sources, targets }, task, references);
  }

  /** The set that the people of the swaps are taken from. */
  get peopleSet(): PeopleSet {
    return this.#options.peopleSet ?? 'tuning';
  }

  /** The same measurement on the people of another set. */
  on(peopleSet: PeopleSet): Promise<SwapEvaluation> {
    return SwapEvaluation.prepare({ ...this.#options, peopleSet });
  }

  /** Scores a swapper. */
  async measure(swapper: Swapper): Promise<SwapScores> {
    const { judge, imageSize } = this.#options;
    const { sources, targets } = this.#faces;
    const { gpu } = swapper.generator;
    const swap = (from: number, to: number) =>
      swapper.swapImages(upload(targets, imageSize, from, to, gpu), upload(sources, imageSize, from, to, gpu));
    const images = await inBatches(this.#task.count, swap, facesAtOnce(imageSize));
    return swapScores(this.#task, { images, embeddings: await embedAll(judge, images, imageSize) });
  }
}

/**
 * The swaps of a measurement: person k is swapped into photos of the next people, with wrap-around. Person 0 has the
 * number `first`, and every photo has attributes of its own.
 */
export function evaluatedSwaps(people: number, first: number): SwapIndices {
  const count = people * SWAPS_PER_PERSON;
  const each = (value: (k: number) => number) => Uint32Array.from({ length: count }, (_, k) => first + value(k));
  return {
    sourceIdentities: each((k) => k % people),
    targetIdentities: each((k) => (k + 1 + Math.floor(k / people)) % people),
    sourceAttributes: each((k) => k),
    targetAttributes: each((k) => count + k),
  };
}

/**
 * Renders the sources, targets, exact swaps, mean-identity answers and inner-face masks of the swaps, flat NHWC on the
 * host.
 */
export async function renderAll(
  indices: SwapIndices,
  { imageSize, level, judge: { gpu } }: Pick<EvaluationOptions, 'imageSize' | 'level' | 'judge'>,
) {
  const render = (what: (faces: SwapFaces) => Tensor): Promise<Float32Array> =>
    inBatches(indices.sourceIdentities.length, (from, to) => {
      const faces = new SwapFaces({ batch: to - from, size: imageSize, level, gpu });
      faces.load({
        sourceIdentities: indices.sourceIdentities.slice(from, to),
        sourceAttributes: indices.sourceAttributes.slice(from, to),
        targetIdentities: indices.targetIdentities.slice(from, to),
        targetAttributes: indices.targetAttributes.slice(from, to),
      });
      const images = what(faces);
      faces.dispose();
      return images;
    });
  return {
    sources: await render((faces) => faces.source()),
    targets: await render((faces) => faces.target()),
    truths: await render((faces) => faces.truth()),
    meanIdentity: await render((faces) => faces.meanIdentity()),
    masks: await render((faces) => faces.mask()),
  };
}

/** The photo number `photo` (from 0) of each person from `first` on. No swap uses these photos. */
export function galleryOf(people: number, first: number, photo: number) {
  const identities = Uint32Array.from({ length: people }, (_, k) => first + k);
  return { identities, attributes: identities.map((number) => number + (10 + photo) * people) };
}

/**
 * One embedding per person: the sum of the judge's embeddings of a few photos that no swap uses, each normalised to
 * unit length. Shape [people, embedding].
 */
export async function enrolled(options: EvaluationOptions): Promise<Embeddings> {
  const { judge, people, peopleSet = 'tuning', imageSize, level } = options;
  const size = judge.config.embedding;
  const values = new Float32Array(people * size);
  for (let photo = 0; photo < GALLERY_PHOTOS; photo++) {
    const { identities, attributes } = galleryOf(people, firstOf[peopleSet], photo);
    const images = await inBatches(people, (from, to) => {
      const [some, theirs] = [identities.slice(from, to), attributes.slice(from, to)];
      return renderFaces({ identities: some, attributes: theirs, size: imageSize, level, gpu: judge.gpu });
    });
    const vectors = await embedAll(judge, images, imageSize);
    for (let row = 0; row < people; row++) {
      const place = [row * size, (row + 1) * size] as const;
      addUnit(values.subarray(...place), vectors.values.subarray(...place));
    }
  }
  return { values, size };
}

/** The judge's embeddings of images [count, size, size, 3] on the host. Shape [count, embedding]. */
export async function embedAll(
  judge: IdentityNetwork | PhotoJudge,
  images: Float32Array,
  imageSize: number,
): Promise<Embeddings> {
  if (judge instanceof PhotoJudge) return judge.embed(images, imageSize);
  const count = images.length / (imageSize * imageSize * 3);
  const values = await inBatches(count, (from, to) =>
    noGrad(() => judge.embed(upload(images, imageSize, from, to, judge.gpu))),
  );
  return { values, size: judge.config.embedding };
}
