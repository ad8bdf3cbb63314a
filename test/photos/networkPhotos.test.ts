/**
 * @file The networks on photographs against the numbers of their own runtimes: where faces are, whose they are, and
 * where the points of the mesh lie; eagerly and replayed.
 */
import { loadFaceNetworks, type Picture, picture } from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { checkPhoto, type PhotoGolden, photoFile, photoGolden, sha256 } from './photoGoldens.ts';
import { outputsOfPhoto } from './photoOutputs.ts';

const { test } = await gpuSuite('networks on photographs');
const networks = loadFaceNetworks(npmWeights);

/**
 * The detector takes seconds a photograph on a software adapter, so three of the eight have to do; these have 8 faces.
 * The mesh has goldens on the first and the last.
 */
const MEASURED = ['sample1.jpg', 'sample4.jpg', 'grace_hopper.jpg'];

/** The picture of a golden, and the hash of its RGB bytes. */
async function decoded(golden: PhotoGolden): Promise<{ photo: Picture; rgb: string }> {
  const image = sharp(await photoFile(golden))
    .toColourspace('srgb')
    .removeAlpha();
  const { data, info } = await image.clone().raw().toBuffer({ resolveWithObject: true });
  const rgba = await image.ensureAlpha().raw().toBuffer();
  return { photo: picture(info.width, info.height, new Uint8Array(rgba)), rgb: sha256(data) };
}

test('the mesh has goldens on two of them', () =>
  assert.is(MEASURED.filter((name) => photoGolden(name).mesh).length, 2));

for (const name of MEASURED)
  test(`${name}: boxes, scores and descriptors of its faces, and points of the mesh`, async () => {
    const golden = photoGolden(name);
    const { photo, rgb } = await decoded(golden);
    checkPhoto(golden, rgb, await outputsOfPhoto(networks, photo, golden.looks));
  });

test.after(() => networks.dispose());
test.run();
