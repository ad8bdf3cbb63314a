import {
  abs,
  add,
  clamp,
  cos,
  div,
  exp,
  greater,
  leakyRelu,
  log,
  maximum,
  minimum,
  mul,
  neg,
  prelu,
  reciprocal,
  relu,
  relu6,
  rsqrt,
  sigmoid,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  type Tensor,
  tanh,
  tensor,
  where,
} from '@visage/tensor';
import { addPrelu } from '@visage/tensor/kernels';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck, type HostTensor, randomInput } from '../helpers/gradcheck.ts';

const { test } = await gpuSuite('pointwise ops: first and second order');

const smooth = () => randomInput([3, 5]);
const positive = () => {
  const x = randomInput([3, 5]);
  return { ...x, values: x.values.map((v) => Math.abs(v) + 0.6) };
};
const kinked = () => randomInput([3, 5], { away: 0.2 });

const UNARY: Record<string, [(x: Tensor) => Tensor, HostTensor]> = {
  neg: [neg, smooth()],
  exp: [exp, smooth()],
  log: [log, positive()],
  reciprocal: [reciprocal, positive()],
  square: [square, smooth()],
  sqrt: [sqrt, positive()],
  rsqrt: [rsqrt, positive()],
  abs: [abs, kinked()],
  sin: [sin, smooth()],
  cos: [cos, smooth()],
  tanh: [tanh, smooth()],
  sigmoid: [sigmoid, smooth()],
  softplus: [softplus, smooth()],
  relu: [relu, kinked()],
  relu6: [relu6, randomInput([3, 5], { scale: 3, away: 0.3, seed: 4 })],
  leakyRelu: [(x) => leakyRelu(x, 0.2), kinked()],
  clamp: [(x) => clamp(x, -0.01, 0.01), kinked()],
};
for (const [name, [fn, x]] of Object.entries(UNARY)) {
  test(name, async () => {
    await gradcheck(fn, [x]);
    await gradcheck(fn, [x], { order: 2 });
  });
}

const BINARY: Record<string, [(a: Tensor, b: Tensor) => Tensor, HostTensor, HostTensor]> = {
  'add, column and row': [add, randomInput([4, 1]), randomInput([1, 7])],
  'sub, missing axes': [sub, randomInput([2, 3, 4]), randomInput([4], { seed: 2 })],
  'mul, inner axis broadcast': [mul, randomInput([2, 3, 1]), randomInput([2, 1, 8], { seed: 2 })],
  'mul, single element': [mul, randomInput([2, 8]), randomInput([1], { seed: 2 })],
  'div, middle axis': [div, randomInput([2, 1, 5]), { ...positive(), shape: [3, 5] }],
  maximum: [maximum, randomInput([9], { seed: 3 }), randomInput([9], { seed: 8 })],
  minimum: [minimum, randomInput([9], { seed: 3 }), randomInput([9], { seed: 8 })],
  'prelu, one slope': [prelu, kinked(), randomInput([1])],
  'prelu, a slope per channel': [prelu, kinked(), randomInput([5], { seed: 2 })],
  'addPrelu, one image for all': [(a, b) => addPrelu(a, b, tensor([0.3])), kinked(), randomInput([1, 5], { seed: 9 })],
  'addPrelu, slope': [(a, w) => addPrelu(a, mul(a, 0.5), w), kinked(), randomInput([5], { seed: 2 })],
  where: [(a, b) => where(greater(a, 0), mul(a, 3), b), kinked(), randomInput([3, 5], { seed: 9 })],
};
for (const [name, [fn, a, b]] of Object.entries(BINARY)) {
  test(name, async () => {
    await gradcheck(fn as (...xs: Tensor[]) => Tensor, [a, b]);
    await gradcheck(fn as (...xs: Tensor[]) => Tensor, [a, b], { order: 2 });
  });
}

test.run();
