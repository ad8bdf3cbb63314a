import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type AlignedSwapper, FaceFinder, loadFaceNetworks, PhotoSwapper, picture } from '@visage/photos';
import { npmWeights, readPicture } from '@visage/photos/node';
import { copy, ones } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('a group photograph');
const demo = join(dirname(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api'))), 'demo');

/** A generator that returns its target unchanged. */
const identical: AlignedSwapper = {
  latent: (source) => ones([source.dim(0), 4]),
  swap: (target) => copy(target),
};

test('an identity generator changes no pixel of three people, in either alignment, by more than 1/255', async () => {
  const { width, data } = await readPicture(join(demo, 'sample2.jpg'));
  const group = picture(width, 450, data.slice(4 * width * 150, 4 * width * 600)); // a strip has few tiles
  const networks = loadFaceNetworks(npmWeights);
  const finder = new FaceFinder(networks);
  const faces = await finder.find(group);
  assert.is(faces.length, 3);
  for (const [template, size] of [
    ['simswap', 224],
    ['ffhq', 512],
  ] as const) {
    const photos = new PhotoSwapper({ swapper: identical, finder, template, size });
    const plan = await photos.choose(group, faces, { faces: 'all' });
    const result = await photos.swap(group, plan, [ones([1, 4])]);
    let most = 0;
    for (const [k, value] of result.data.entries()) most = Math.max(most, Math.abs(value - (group.data[k] as number)));
    assert.ok(most <= 1, `${template}: ${most}`);
    assert.is.not(result, group);
  }
  await networks.dispose();
});

test.run();
