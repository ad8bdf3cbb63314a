/**
 * Tensors, gradients, and a gradient of a gradient.
 *
 *     node --import ./scripts/register.mjs examples/01-tensors-and-gradients.ts
 */
import { startGpu } from '@visage/gpu/node';
import { assign, exp, grad, matmul, mean, record, scope, sum, type Tensor, tensor } from '@visage/tensor';

const gpu = await startGpu();
console.log(`Computing on ${gpu.adapter.name}${gpu.adapter.software ? ', a software adapter' : ''}.`);
const show = async (label: string, x: Tensor) =>
  console.log(label.padEnd(26), [...(await x.floats())].map((value) => Number(value.toPrecision(5))).join('  '));

// A tensor is an array on the GPU. Values go up with `tensor` and come back with `floats`.
const a = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
const b = tensor([1, 0, 0, 1, 1, 1], [3, 2]);
await show('\na · b', matmul(a, b));
await show('column means of a', mean(a, 0));
await show('a + row, broadcast', a.add(tensor([10, 20, 30])));

// Gradients: say what needs them, compute a scalar, ask.
const x = tensor([0.5, -1, 2], [3], { requiresGrad: true });
const [cubic] = grad(sum(x.mul(x).mul(x)), [x]) as [Tensor];
await show('\nd/dx Σ x³, that is 3x²', cubic);

// Gradients are written with ops, so they can be differentiated again; `createGraph` keeps this one differentiable.
// A gradient penalty is made this way: a function of a gradient, minimised by its own gradient.
const [slope] = grad(sum(exp(x.square())), [x], { createGraph: true }) as [Tensor];
const [second] = grad(mean(slope.square()), [x]) as [Tensor];
await show('\nd/dx mean (d/dx Σ exp x²)²', second);
// By hand: s = 2x·exp(x²) and s' = (2 + 4x²)·exp(x²), so the answer is 2·s·s' / 3.
const byHand = [0.5, -1, 2].map((v) => (2 / 3) * 2 * v * (2 + 4 * v * v) * Math.exp(2 * v * v));
await show('the same by hand', tensor(byHand));

// A step that runs many times is traced once and replayed: no allocation, no shape logic, only kernels.
const weights = tensor([0, 0, 0], [3, 1], { requiresGrad: true });
const inputs = tensor([1, 2, 0, 0, 1, 1, 1, 0, 1, 2, 1, 3], [4, 3]);
const answers = tensor([5, 5, 4, 13], [4, 1]); // inputs · (1, 2, 3)
const step = record(() => {
  const error = mean(matmul(inputs, weights).sub(answers).square());
  const [gradient] = grad(error, [weights]) as [Tensor];
  assign(weights, weights.sub(gradient.mul(0.1)));
  return error;
});
for (let k = 0; k < 400; k++) step.run();
console.log(`\n400 replays of a step of ${step.dispatches} kernels fit y = inputs · w`);
await show('w, should be 1 2 3', weights);
await show('error', step.result);

// Memory belongs to scopes: what a scope returns lives on, everything else made inside is free again.
const before = gpu.memory.live;
const grown = scope(() => {
  let t = a;
  for (let k = 0; k < 100; k++) t = t.mul(1.01);
  return t;
});
await show('\na · 1.01¹⁰⁰', grown);
console.log(`100 tensors were made for it; ${gpu.memory.live - before} bytes stay in use, the smallest buffer`);
process.exit(); // Dawn keeps threads that would hold the process open
