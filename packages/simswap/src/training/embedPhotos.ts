import { type FactorSplit, type Level, renderFaces } from '@visage/faces';
import { checkInteger, checkOptions, type Gpu, type OptionKeys } from '@visage/gpu';
import { noGrad, scope, type Tensor } from '@visage/tensor';

/**
 * Photos of people, for measuring: `photos` photos of each of `people` people. Identities and attributes are numbered
 * on from the first ones; no two photos share attributes.
 */
export interface PhotoSet {
  readonly people: number;
  readonly photos: number;
  readonly firstIdentity: number;
  readonly firstAttributes: number;
  readonly level?: Level;
  /** What people keep from photo to photo, of levels of mesh heads alone. Default `swap`: the face. */
  readonly factorSplit?: FactorSplit;
  readonly imageSize: number;
  /** Where the photos are rendered. Default: the current device. */
  readonly gpu?: Gpu;
}

const PHOTO_SET: OptionKeys<PhotoSet> = {
  people: true,
  photos: true,
  firstIdentity: true,
  firstAttributes: true,
  level: true,
  factorSplit: true,
  imageSize: true,
  gpu: true,
};
const PHOTO_BATCH = 16; // rendered at a time: bounds the memory of a measurement

/**
 * Embeds a set of photos: the rows of `embed` one after the other, and the person of each row.
 *
 * @throws ArgumentError for an option out of range.
 */
export async function embedPhotos(
  set: PhotoSet,
  embed: (faces: Tensor) => Tensor,
): Promise<{ readonly values: Float32Array; readonly labels: Uint32Array }> {
  checkOptions('embedPhotos', set, PHOTO_SET);
  const { people, photos, firstIdentity, firstAttributes, imageSize: size, ...look } = set;
  for (const [name, value] of Object.entries({ people, photos })) checkInteger('embedPhotos', name, value, 1);
  const labels = Uint32Array.from({ length: people * photos }, (_, k) => firstIdentity + Math.floor(k / photos));
  const attributes = labels.map((_, k) => firstAttributes + k);
  const parts: Float32Array[] = [];
  for (let from = 0; from < labels.length; from += PHOTO_BATCH) {
    const part = scope(() =>
      noGrad(() => {
        const rows = (numbers: Uint32Array) => numbers.slice(from, from + PHOTO_BATCH);
        return embed(renderFaces({ ...look, identities: rows(labels), attributes: rows(attributes), size }));
      }),
    );
    parts.push(await part.floats());
    part.dispose();
  }
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { values, labels };
}
