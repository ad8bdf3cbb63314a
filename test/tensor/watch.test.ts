/** @file What `watchOps` shows of convolutions on a GPU with subgroup matrices; nothing is computed. */
import { autocast, conv2d, grad, ones, scope, sum } from '@visage/tensor';
import { watchOps } from '@visage/tensor/kernels';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countingGpu } from '../../bench/core/countingDevice.ts';

/** The ops of a convolution and its gradients, casts apart. */
function opsOf(precision: 'f32' | 'f16', channels: number): string[] {
  const ops: string[] = [];
  const run = () => {
    const x = ones([4, 32, 32, channels], { requiresGrad: true });
    const w = ones([7, 7, channels, 3], { requiresGrad: true });
    return grad(sum(conv2d(x, w, undefined, { padding: 3 })), [x, w]);
  };
  watchOps(
    (op) => op !== 'cast' && ops.push(op),
    () => scope(() => void autocast(precision, run)),
  );
  return ops;
}

test('how a convolution is computed is no op of its own', () => {
  countingGpu();
  const expected = ['conv2d', 'sum', 'reshape', 'reshape', 'expand', 'conv2dInputGrad', 'conv2dWeightGrad'];
  for (const channels of [16, 64])
    for (const precision of ['f32', 'f16'] as const) assert.equal(opsOf(precision, channels), expected);
});

test.run();
