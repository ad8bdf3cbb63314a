/** A whole way round: rendered faces, whose exact swaps are known, are aligned, swapped exactly, and pasted back. */
import { type FaceKey, faceSets, landmarksOf, renderFaces } from '@visage/faces';
import {
  alignFace,
  cropPictures,
  downloadPicture,
  ellipseOf,
  type FivePoints,
  outlineMasks,
  type Picture,
  type Point,
  pasteBack,
  picture,
  placeOutlines,
  transformed,
  uploadPicture,
} from '@visage/photos';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('exact swaps of rendered faces');
const [size, crop] = [256, 112];

async function rendered(identity: number, attributes: number): Promise<Picture> {
  const numbers = { identities: Uint32Array.of(identity), attributes: Uint32Array.of(attributes) };
  const images = renderFaces({ ...numbers, size, level: 'L1', samples: 2 });
  const rgb = await images.floats();
  images.dispose();
  const bytes = Uint8Array.from({ length: 4 * size * size }, (_, k) =>
    k % 4 === 3 ? 255 : Math.round(255 * (rgb[3 * Math.floor(k / 4) + (k % 4)] as number)),
  );
  return picture(size, size, bytes);
}

function pointsOf(key: FaceKey): FivePoints {
  const { leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner } = landmarksOf(key, size);
  const five = [leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner].map(({ x, y }): Point => [x, y]);
  return five as unknown as FivePoints;
}

/** The root mean square difference, in levels, over pixels that `counts` takes. */
function rms(a: Picture, b: Picture, counts: (pixel: number) => boolean): number {
  let [sum, count] = [0, 0];
  for (let k = 0; k < a.data.length; k++) {
    if (k % 4 === 3 || !counts(k >> 2)) continue;
    sum += ((a.data[k] as number) - (b.data[k] as number)) ** 2;
    count++;
  }
  return Math.sqrt(sum / count);
}

test('an exact swap that went through a crop of half the size is close to the truth, and only in the mask', async () => {
  let [before, after] = [0, 0];
  for (const n of [1, 2, 3, 4]) {
    const [identity, attributes, other] = [n, 3 * n, 2 * n + 40].map((k) => faceSets.heldOut + k) as [
      number,
      number,
      number,
    ];
    const [target, truth] = [await rendered(identity, attributes), await rendered(other, attributes)];
    const points = pointsOf({ identity, attributes, level: 'L1' });
    const { transform } = alignFace(points, 'simswap', crop);
    const frame = uploadPicture(target);
    const masks = outlineMasks(placeOutlines([ellipseOf(points)], [transform]), crop);
    const swapped = cropPictures(truth, [transform], crop);
    const pasted = await downloadPicture(pasteBack(frame, swapped, [transform], masks, { colour: 'keep' }));
    const mask = await masks.floats();
    const maskAt = (pixel: number): number => {
      const [x, y] = transformed(transform, [(pixel % size) + 0.5, Math.floor(pixel / size) + 0.5]);
      const inside = x >= 0 && y >= 0 && x < crop && y < crop;
      return inside ? (mask[Math.floor(y) * crop + Math.floor(x)] as number) : 0;
    };
    before += rms(target, truth, (pixel) => maskAt(pixel) > 0.999) / 4;
    after += rms(pasted, truth, (pixel) => maskAt(pixel) > 0.999) / 4;
    const changed = rms(pasted, target, (pixel) => maskAt(pixel) === 0);
    assert.ok(changed < 0.5, `${changed} levels at pixels whose nearest mask pixel is 0`);
  }
  assert.ok(
    before > 15 && after < before / 4,
    `${before.toFixed(1)} levels before the swap, ${after.toFixed(1)} after`,
  );
});

test.run();
