import { checkInteger, checkOptions, currentGpu, type Gpu, type OptionKeys } from '@visage/gpu';
import type { HeadAsset, HeadPart } from '../heads/asset/headAsset.ts';
import { headsOn } from '../heads/drawing/heads.ts';
import { pointAt } from '../heads/geometry/fields.ts';
import { eachIdentity, type IdentityRange, inOwnFrame, NeutralPoints } from '../heads/geometry/neutralPoints.ts';

/** Of the vertices of the nose one in so many: 26 of 406 say as much about likeness as all of them. */
const EVERY = 16;

/** The base vertices of the body that lie in the nose of the mean head, one in {@link EVERY}, in ascending order. */
export function noseVertices({ base, parts }: Pick<HeadAsset, 'base' | 'parts'>): number[] {
  const { vertex, refs } = parts.find(({ kind }) => kind === 'body') as HeadPart;
  const body = [...new Set(Array.from(vertex, (point) => refs[3 * point] as number))].sort((a, b) => a - b);
  const nose = body.filter((v) => {
    const [x, y, z] = pointAt(base, v);
    return Math.abs(x) < 0.2 && y > 6.78 && y < 7.32 && z > 1.4;
  });
  return nose.filter((_, k) => k % EVERY === 0);
}

const KEYS: OptionKeys<IdentityRange> = { first: true, count: true, seed: true };

/** Shapes of people, one row each. */
export interface NoseShapes {
  /** [people, size]. */
  readonly values: Float32Array;
  readonly size: number;
}

/**
 * The noses of people of mesh heads, whatever their pictures show: 26 points of the neutral face, each (x, y, z) in the
 * nose's own frame, in which their mean is 0 and their mean squared length is 1.
 *
 * Of all plain measures of the known shapes, the distance between these rows agrees best with the distance that a
 * network of photographs finds between rendered people; docs/heads.md has the figures. 30,000 people take 4 s of
 * processor time.
 *
 * @param gpu a device that has the heads, default the current one; it computes nothing.
 * @throws ArgumentError for numbers that are out of range, and before `loadHeads()` or `useHeads()`.
 */
export function noseShapes(range: IdentityRange, gpu: Gpu = currentGpu()): NoseShapes {
  checkOptions('noseShapes', range, KEYS);
  const { first, count, seed = 0 } = range;
  checkInteger('noseShapes', 'count', count, 1, 2 ** 24);
  for (const [name, value] of Object.entries({ first, seed })) checkInteger('noseShapes', name, value, 0, 2 ** 32 - 1);
  const { asset } = headsOn('noseShapes', gpu);
  const vertices = noseVertices(asset);
  const nose = new NeutralPoints(asset, vertices);
  const size = 3 * vertices.length;
  const values = new Float32Array(count * size);
  eachIdentity({ first, count, seed }, (identity, place) => {
    const points = nose.of(identity);
    inOwnFrame(points);
    values.set(points, place * size);
  });
  return { values, size };
}
