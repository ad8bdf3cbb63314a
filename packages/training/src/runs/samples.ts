import { faceSets, type Image, image, imagesOf, type Level, renderFaces } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import { inBatches, joined, type Swapper } from '@visage/simswap';
import { expand, keep, noGrad, scope, slice, type Tensor, tensor } from '@visage/tensor';
import type { DataPerson } from '../data/dataSet.ts';
import type { BadPicture, Pictures } from '../data/pictures.ts';
import { facesAtOnce } from '../evaluation/batches.ts';
import { swapMatrix } from '../evaluation/swapMatrix.ts';
import { pictureOfSwap } from './pictureOfSwap.ts';

const FACES = 4; // number of sources, and of targets
const SCALE_TO = 96; // small faces are enlarged to about this many pixels

/** Fixed faces that are excluded from training and shown in every sample grid. */
export interface SampleFaces {
  readonly size: number;
  /** [FACES, size, size, 3] each. */
  readonly sources: Tensor;
  readonly targets: Tensor;
  /** The exact swap of source s into target t at index t · FACES + s, where it is known. */
  readonly truths?: Tensor;
}

/** Samples of held-out procedural people. */
export function proceduralSamples(size: number, level: Level): SampleFaces {
  const numbers = (count: number, value: (k: number) => number) =>
    Uint32Array.from({ length: count }, (_, k) => faceSets.heldOut + 300_000 + value(k));
  const render = (identities: Uint32Array, attributes: Uint32Array) =>
    keep(scope(() => renderFaces({ identities, attributes, size, level })));
  const people = numbers(FACES, (k) => k);
  const poses = numbers(FACES, (k) => 10 + k);
  return {
    size,
    sources: render(
      people,
      numbers(FACES, (k) => 20 + k),
    ),
    targets: render(
      numbers(FACES, (k) => FACES + k),
      poses,
    ),
    truths: render(
      numbers(FACES ** 2, (k) => k % FACES),
      numbers(FACES ** 2, (k) => 10 + Math.floor(k / FACES)),
    ),
  };
}

/**
 * One picture of each of several people of a data set, the first readable one; the first half are sources, the second
 * half targets. People who have none are left out, and too few people are shown again.
 *
 * @throws VisageError when there is no readable picture at all.
 */
export async function pictureSamples(people: readonly DataPerson[], pictures: Pictures): Promise<SampleFaces> {
  const { imageSize: size } = pictures;
  const good: Image[] = [];
  for (const { faces } of people.slice(0, 2 * FACES)) {
    const face = await firstGood(faces, pictures);
    if (face) good.push(face);
  }
  if (good.length === 0) {
    const { name, reason } = pictures.bad.at(-1) as BadPicture;
    throw new VisageError(
      `data set: no picture of the people kept for the samples is good; the last one is ${name}: ${reason}`,
    );
  }
  const half = Math.max(1, Math.floor(good.length / 2)); // so that nobody is swapped into themselves
  const facesFrom = (first: number) =>
    Array.from({ length: FACES }, (_, k) => good[(first + k) % good.length] as Image);
  const batch = (list: readonly Image[]) =>
    keep(tensor(joined(list.map(({ data }) => data)), [list.length, size, size, 3]));
  return { size, sources: batch(facesFrom(0)), targets: batch(facesFrom(half)) };
}

async function firstGood(faces: ArrayLike<number>, pictures: Pictures): Promise<Image | undefined> {
  for (const number of Array.from(faces)) {
    const face = await pictures.face(number);
    if (face) return face;
  }
  return undefined;
}

/** Every source swapped into every target. With `truth` the matrix shows the exact swaps instead of the swapper's. */
export async function sampleGrid(faces: SampleFaces, swapper: Swapper | 'truth'): Promise<Image> {
  const { size } = faces;
  const swapped = swapper === 'truth' ? await (faces.truths as Tensor).floats() : await swapAll(faces, swapper);
  const [sources, targets, swaps] = [
    imagesOf(await faces.sources.floats(), size),
    imagesOf(await faces.targets.floats(), size),
    imagesOf(swapped, size),
  ];
  const scale = Math.max(1, Math.round(SCALE_TO / size));
  return swapMatrix(sources, targets, (source, target) => swaps[target * FACES + source], { scale });
}

/**
 * All swaps, computed for one target at a time with as many sources as fit on the device. [FACES², size, size, 3],
 * flat.
 */
async function swapAll({ size, sources, targets }: SampleFaces, swapper: Swapper): Promise<Float32Array> {
  const each = size * size * 3;
  const out = new Float32Array(FACES ** 2 * each);
  const latents = swapper.latent(sources);
  for (let t = 0; t < FACES; t++) {
    const swap = (from: number, to: number) =>
      noGrad(() => swapper.swap(repeated(targets, t, to - from), slice(latents, 0, from, to)));
    out.set(await inBatches(FACES, swap, facesAtOnce(size)), t * FACES * each);
  }
  latents.dispose();
  return out;
}

/** One image of a batch, repeated `times` times. */
const repeated = (batch: Tensor, row: number, times: number): Tensor =>
  expand(slice(batch, 0, row, row + 1), [times, ...batch.shape.slice(1)]);

/** A picture of source, target, result and, where it is known, the exact swap, side by side. */
export async function swapPicture(faces: SampleFaces, swapper: Swapper): Promise<Image> {
  const { size, truths } = faces;
  const first = async (batch: Tensor) => image(size, size, (await batch.floats()).slice(0, size * size * 3));
  const swaps = await swapAll(faces, swapper);
  return pictureOfSwap({
    source: await first(faces.sources),
    target: await first(faces.targets),
    result: image(size, size, swaps.slice(0, size * size * 3)),
    ...(truths && { truth: await first(truths) }),
  });
}
