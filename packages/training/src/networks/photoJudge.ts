/** @file Who tells real people apart: dlib's network on aligned photographs, unless another network is named. */
import type { Embeddings } from '@visage/faces';
import { FaceFinder, type FivePoints, loadFaceNetworks, picture, type TemplateName, templates } from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import type { IdentityNetwork } from '@visage/simswap';
import { builtInWeights } from './builtIn.ts';
import { loadIdentityNetwork } from './load.ts';

const DESCRIPTOR = 128; // numbers

/** Faces that are described at once. */
const AT_ONCE = 32;

/**
 * dlib's recognition network as a judge of photographs that are aligned to a template. It has never seen a swapper or
 * the built-in networks, which know rendered faces alone.
 *
 * Where the five points lie in a crop says the template, for heads that look ahead; of a swap nobody else knows.
 */
export class PhotoJudge {
  /** Numbers of a descriptor. */
  readonly embedding = DESCRIPTOR;
  readonly #template: TemplateName;
  readonly #finder = new FaceFinder(loadFaceNetworks(npmWeights));

  constructor(template: TemplateName) {
    this.#template = template;
  }

  /** Descriptors, shape [count, 128], of images [count, size, size, 3] in [0, 1] on the host. */
  async embed(images: Float32Array, size: number): Promise<Embeddings> {
    const { side, poses } = templates[this.#template];
    const points = (poses.frontal as FivePoints).map(([x, y]) => [(x * size) / side, (y * size) / side] as const);
    const count = images.length / (3 * size * size);
    const values = new Float32Array(DESCRIPTOR * count);
    for (let from = 0; from < count; from += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, k) => from + k);
      const described = await Promise.all(
        some.map((k) =>
          this.#finder.describe(pictureOf(images, size, k), [{ points: points as unknown as FivePoints }]),
        ),
      );
      for (const [k, [descriptor]] of described.entries())
        values.set(descriptor as Float32Array, DESCRIPTOR * (from + k));
    }
    return { values, size: DESCRIPTOR };
  }
}

/** Image number `k` as a picture of bytes. */
function pictureOf(images: Float32Array, size: number, k: number) {
  const data = new Uint8Array(4 * size * size).fill(255);
  for (let pixel = 0; pixel < size * size; pixel++)
    for (let channel = 0; channel < 3; channel++) {
      const value = images[3 * (k * size * size + pixel) + channel] as number;
      data[4 * pixel + channel] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  return picture(size, size, data);
}

/**
 * The judge of held-out people of a data set: the network of a file if one is named, {@link PhotoJudge} where the set
 * says how its photographs are aligned, and the built-in judge otherwise.
 */
export async function judgeOf(
  path: string | undefined,
  template: TemplateName | undefined,
): Promise<IdentityNetwork | PhotoJudge> {
  if (path === undefined && template !== undefined && template !== 'rendered') return new PhotoJudge(template);
  return loadIdentityNetwork(path ?? builtInWeights('judge'));
}
