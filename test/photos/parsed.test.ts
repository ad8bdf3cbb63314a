/** @file Masks of faces without what a parsing network sees before them. */
import { parsedMasks } from '@visage/photos';
import { full } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { seeing, seenClasses } from './seeing.ts';

const { test } = await gpuSuite('parsed masks');

const SIZE = 56;

/** The mask that is left of one of ¾ everywhere. */
async function leftOf(name: string, changed?: readonly string[]): Promise<Float32Array> {
  const [crops, outlines] = [full([2, SIZE, SIZE, 3], 0.4), full([2, SIZE, SIZE, 1], 0.75)];
  const masks = parsedMasks(seeing(name), changed ? { changed } : {})(crops, outlines);
  assert.equal(masks.shape, outlines.shape);
  return masks.floats();
}

test('the face keeps its mask, and what stands before it has none', async () => {
  for (const name of ['skin', 'glasses'])
    assert.ok(
      (await leftOf(name)).every((value) => value === 0.75),
      name,
    );
  for (const name of ['hair', 'background'])
    assert.ok(
      (await leftOf(name)).every((value) => value === 0),
      name,
    );
});

test('a caller says which classes are swapped; a class that the network does not have is named', async () => {
  assert.ok((await leftOf('hair', ['hair'])).every((value) => value === 0.75));
  assert.ok((await leftOf('skin', ['hair'])).every((value) => value === 0));
  assert.throws(() => parsedMasks(seeing('skin'), { changed: ['beard'] }), /changed is 'beard', expected classes of/);
  assert.throws(() => parsedMasks(seeing('skin'), { changed: seenClasses }), /at least one class left out/);
});

test.run();
