/** @file The versions of chapter 2 that no software adapter runs compile at least: on Dawn's null backend. */
import * as assert from 'uvu/assert';
import { rungs, supports } from '../../examples/course/2-gemm/ladder.ts';
import { kernel } from '../../examples/course/device.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('ladder of products', { backend: 'null' });

test('every version compiles, those on subgroup matrices too', async () => {
  assert.ok(rungs.some(({ half }) => half));
  for (const { name, code, multiple } of rungs) {
    const side = 2 * multiple;
    const made = await kernel(gpu.device, code, { M: side, N: side, K: side }).catch((error: Error) => error.message);
    assert.not.type(made, 'string', `${name}: ${made}`);
  }
});

test('a version says why a device cannot run it', () => {
  const matrices = rungs.find(({ half }) => half)!;
  const device = { features: new Set(['shader-f16', 'subgroups']) } as unknown as GPUDevice;
  assert.is(supports(matrices, device), 'needs the feature chromium-experimental-subgroup-matrix');
  assert.is(supports(rungs[0]!, device), true);
});

test.run();
