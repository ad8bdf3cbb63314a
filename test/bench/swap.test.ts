/** @file The benchmark of the swap, at a size that the software adapter does in a moment. */
import * as assert from 'uvu/assert';
import { disposeModels } from '../../bench/core/models.ts';
import { recordNetwork } from '../../bench/core/networks.ts';
import { timeSwap } from '../../bench/core/swap.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('bench swap');

test('a swap is timed with its count of kernels: the generator’s in inference, without the styles, and its memory given back', async () => {
  const setting = { batch: 1, precision: 'f32', sizes: { size: 32, width: 1 / 32, blocks: 2 } } as const;
  const row = await timeSwap(gpu, setting, 1);
  const { live } = gpu.memory;
  const again = await timeSwap(gpu, setting, 1);
  assert.is(gpu.memory.live, live);
  assert.is(row.dispatches, again.dispatches);
  const generator = recordNetwork('generator', { ...setting, pass: 'forward' });
  const styles = Math.ceil(4 / Math.floor((gpu.device.limits.maxStorageBuffersPerShaderStage - 1) / 3));
  assert.is(row.dispatches, generator.step.dispatches - styles);
  generator.dispose();
  assert.ok(row.deviceMs > 0 && row.wallMs > 0 && row.memoryMiB > 0);
  disposeModels();
});

test.run();
