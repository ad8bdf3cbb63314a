/** @file Images by tanh: one launch without gradients, the plain ops with them, and the same values. */
import { cast, grad, noGrad, record, slice, type Tensor, tensor } from '@visage/tensor';
import { tanhToUnit } from '@visage/tensor/kernels';
import * as assert from 'uvu/assert';
import { composedTanhToUnit } from '../../packages/tensor/src/frozen/tanhToUnit.ts';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('tanh to [0, 1]');

const VALUES = [-100, -9, -1.5, -1e-3, 0, 1e-3, 0.7, 8, 100, Number.NaN, Infinity, -Infinity];
const values = (requiresGrad = false): Tensor => tensor(Float32Array.from(VALUES), [VALUES.length], { requiresGrad });
const dtypes = gpu.device.features.has('shader-f16') ? (['f32', 'f16'] as const) : (['f32'] as const);

for (const dtype of dtypes) {
  test(`${dtype}: one launch, and the values of the plain ops`, async () => {
    const x = cast(values(), dtype);
    const [ours, theirs] = [noGrad(() => tanhToUnit(x)), composedTanhToUnit(x)];
    assert.is(ours.dtype, 'f32');
    const [a, b] = [await ours.floats(), await theirs.floats()];
    assert.equal([...a].map(Number.isFinite), [...b].map(Number.isFinite));
    const finite = (list: Float32Array) => list.map((v) => (Number.isFinite(v) ? v : 0));
    assert.ok(relativeError(finite(a), finite(b)) < 1e-7);
    assert.is(a.at(-2), 1);
    assert.is(a[4], 0.5);
    const step = record(() => noGrad(() => tanhToUnit(x)));
    assert.is(step.dispatches, 1);
    step.dispose();
  });
}

test('gradients are those of the plain ops', async () => {
  const gradient = (op: typeof tanhToUnit) => {
    const x = values(true);
    return slice(grad(op(x).sum(), [x])[0] as Tensor, 0, 0, 9).floats();
  };
  assert.equal(await gradient(tanhToUnit), await gradient(composedTanhToUnit));
});

test.run();
