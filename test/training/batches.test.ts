/**
 * @file However many pictures a user asks for, a device gets as many at once as its buffers hold; WebGPU's default
 * limit is 128 MiB.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imagesOf, renderFaces } from '@visage/faces';
import { encodePng, writeFaceFolder } from '@visage/faces/node';
import * as assert from 'uvu/assert';
import { facesAtOnce } from '../../packages/training/src/evaluation/batches.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('batches', { profile: 'browser', deterministic: true });
const folder = mkdtempSync(join(tmpdir(), 'visage-batches-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('many pictures of one person are rendered some at a time, with the same bits', async () => {
  const [size, count] = [1024, 3];
  const dispatch = gpu.dispatch.bind(gpu);
  const rendered: number[] = [];
  gpu.dispatch = (launch) => {
    if (launch.program.name === 'faces/render') rendered.push(launch.grid[2]);
    dispatch(launch);
  };
  try {
    const records = await writeFaceFolder(folder, { identities: 1, imagesPerIdentity: count, size, samples: 1 });
    assert.is(records.length, count);
    assert.equal(rendered, [2, 1], '12 MiB each, 32 at once');
    const [identities, attributes] = [new Uint32Array(count), Uint32Array.of(0, 1, 2)];
    const batch = renderFaces({ identities, attributes, size, samples: 1 });
    for (const [k, image] of imagesOf(await batch.floats(), size).entries())
      assert.ok(readFileSync(join(folder, records[k]?.file ?? '')).equals(encodePng(image)), `picture ${k}`);
    batch.dispose();
  } finally {
    gpu.dispatch = dispatch;
  }
});

test('networks are given as many faces as leave their widest map within a buffer', () => {
  assert.is(gpu.device.limits.maxStorageBufferBindingSize, 2 ** 27);
  assert.equal([48, 128, 224, 512].map(facesAtOnce), [16, 16, 5, 1]);
});

test.run();
