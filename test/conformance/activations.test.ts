/** @file What gradients in mixed precision are measured against: f32 at the activations of the run in f16. */

import { atActivations, keepActivations } from '@visage/conformance';
import { autocast, grad, matmul, relu, scope, sum, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('given activations');

const slopesAt = (x: Tensor, w: Tensor): Tensor => grad(sum(relu(x.mul(w)).square()), [x])[0] as Tensor;

test('gradients are those at the given activations, rectifiers included', async () => {
  const w = tensor([1, 1, 1], [3]);
  const [there, here] = [
    [3, -1, 2],
    [-3, 1, 2],
  ].map((values) => tensor(values, [3], { requiresGrad: true })) as [Tensor, Tensor];
  const { activations } = keepActivations(() => slopesAt(there, w));
  assert.equal(
    activations.map(({ op }) => op),
    ['mul', 'relu', 'square', 'sum', 'reshape'],
  );
  assert.equal([...(await slopesAt(here, w).floats())], [0, 2, 4]);
  assert.equal([...(await atActivations(activations, () => slopesAt(here, w)).floats())], [6, 0, 4]);
});

test('activations of a run in f16 are given to a run in f32, though scopes free them', async () => {
  const x = tensor([1.0001, 2.0003], [1, 2], { requiresGrad: true });
  const w = tensor([1, 1], [2, 1]);
  const product = () => scope(() => matmul(x, w).square());
  const { activations } = keepActivations(() => autocast('f16', product));
  const [y] = await atActivations(activations, product).floats();
  const rounded = gpu.device.features.has('shader-f16') ? 9 : 3.0004 ** 2;
  assert.ok(Math.abs((y as number) - rounded) < 1e-5, String(y));
});

test('a run of other ops is refused', () => {
  const x = tensor([1, 2], [2]);
  const { activations } = keepActivations(() => relu(x));
  assert.throws(() => atActivations(activations, () => x.square()), /op 1 is square \[2\] in f32 and was relu \[2\]/);
  assert.throws(() => atActivations(activations, () => relu(x.mul(2))), /is mul/);
  assert.throws(() => atActivations(activations, () => undefined), /0 ops ran in f32, and 1 in mixed precision/);
});

test.run();
