import { type FactorSplit, type Level, renderFaces } from '@visage/faces';
import { checkInteger, checkOptions, type Gpu, type OptionKeys } from '@visage/gpu';
import { noGrad, type Tensor } from '@visage/tensor';
import { inBatches } from '../core/inBatches.ts';

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
  const values = await inBatches(labels.length, (from, to) =>
    noGrad(() => {
      const rows = (numbers: Uint32Array) => numbers.slice(from, to);
      return embed(renderFaces({ ...look, identities: rows(labels), attributes: rows(attributes), size }));
    }),
  );
  return { values, labels };
}
