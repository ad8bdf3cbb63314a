/** @file The identity of a person, from one or several photographs. */
import { ArgumentError, VisageError } from '@visage/gpu';
import { concat, l2Normalize, mean, scope, type Tensor } from '@visage/tensor';
import { alignFace } from '../align/align.ts';
import type { TemplateName } from '../align/templates.ts';
import type { Face } from '../core/face.ts';
import type { Picture } from '../core/picture.ts';
import type { FaceFinder } from '../detect/faceFinder.ts';
import { meanDescriptor } from '../people/descriptors.ts';
import { cropPictures } from '../warp/crop.ts';
import { largestFace } from './choose.ts';

/** A photograph with the name by which messages call it. */
export interface NamedPicture {
  readonly name: string;
  readonly picture: Picture;
}

/** A photograph of a person: the largest face in it. */
export interface Portrait extends NamedPicture {
  readonly face: Face;
  /** How many faces were found on the way to the largest; the smallest may be missing. */
  readonly faces: number;
}

/** What finds faces and tells people apart. */
export type Finder = Pick<FaceFinder, 'find' | 'describe'>;

/** What swaps aligned faces: a `Swapper` of `@visage/simswap`. */
export interface AlignedSwapper {
  latent(source: Tensor): Tensor;
  swap(target: Tensor, latent: Tensor): Tensor;
}

/**
 * Finds the largest face of a photograph: in the whole picture, which takes a seventh of the time, and in tiles of it
 * only where that finds none.
 *
 * @throws VisageError that names the photograph if it shows no face.
 */
export async function portraitOf(finder: Finder, { name, picture }: NamedPicture): Promise<Portrait> {
  for (const tiles of [false, true]) {
    const faces = await finder.find(picture, { tiles });
    const face = faces[largestFace(faces)];
    if (face) return { name, picture, face, faces: faces.length };
  }
  const { width, height } = picture;
  throw new VisageError(`${name}: no face was found in its ${width} x ${height} pixels; take a picture of one person`);
}

/** The mean descriptor of a person over portraits. */
export async function descriptorOf(finder: Finder, portraits: readonly Portrait[]): Promise<Float32Array> {
  const descriptors: Float32Array[] = [];
  for (const { picture, face } of portraits) descriptors.push(...(await finder.describe(picture, [face])));
  return meanDescriptor(descriptors);
}

/**
 * Identities beyond those of the sources, away from those of the targets, as a caricature exaggerates what tells a face
 * from another: z = u / ‖u‖, u = s + a · (s − t).
 *
 * An identity network that learned from renderings sees photographs of different people nearer to each other than
 * rendered people are, so the generator changes less than it does on renderings; this makes up for it in part.
 *
 * @param sources [N, latent], or [1, latent] for all targets; unit vectors.
 * @param targets [N, latent], unit vectors.
 * @param amount a; 0 gives the sources.
 */
export const exaggerated = (sources: Tensor, targets: Tensor, amount: number): Tensor =>
  l2Normalize(sources.mul(1 + amount).sub(targets.mul(amount)));

/**
 * The identity of a person as the generator takes it, a unit vector [1, latent]: the mean of the latents of all
 * portraits, scaled to unit length again.
 *
 * @param size side of the aligned faces that the networks were trained on.
 */
export function identityOf(
  swapper: AlignedSwapper,
  portraits: readonly Portrait[],
  template: TemplateName,
  size: number,
): Tensor {
  if (portraits.length === 0)
    throw new ArgumentError('identityOf', 'portraits', 'an empty list', 'at least one photograph');
  return scope(() => {
    const latents = portraits.map(({ picture, face }) => {
      const { transform } = alignFace(face.points, template, size);
      return swapper.latent(cropPictures(picture, [transform], size));
    });
    return l2Normalize(mean(concat(latents, 0), 0, true));
  });
}
