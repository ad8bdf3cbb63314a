import { checkNumber, refuseAsync } from '@visage/gpu';
import { type Shape, type Tensor, tensor } from '@visage/tensor';
import { checkExtents, sizeOf } from '@visage/tensor/kernels';
import { HostRandom } from './random.ts';

let current = new HostRandom(0);
let allowance: { left: number; readonly refuse: () => Error } | undefined;

/**
 * Builds networks whose initial values come from `seed`: `const generator = seeded(7, () => new Generator())`.
 *
 * Each tensor is one draw, in construction order. Layers made outside of any `seeded` continue the sequence of seed 0.
 */
export function seeded<T>(seed: number, build: () => T): T {
  const before = current;
  current = new HostRandom(seed);
  try {
    const built = build();
    refuseAsync('seeded', built);
    return built;
  } finally {
    current = before;
  }
}

/** Builds networks of at most `values` initial values in all; `refuse` makes the error that is thrown before more are allocated. */
export function bounded<T>(values: number, refuse: () => Error, build: () => T): T {
  const before = allowance;
  allowance = { left: values, refuse };
  try {
    return build();
  } finally {
    allowance = before;
  }
}

/** The number of values of `shape`, taken off the allowance. */
function allowed(shape: Shape): number {
  checkExtents('initialiser', shape);
  const size = sizeOf(shape);
  if (allowance) {
    allowance.left -= size;
    if (allowance.left < 0) throw allowance.refuse();
  }
  return size;
}

/** Values uniform in [low, high). */
export function uniform(shape: Shape, low: number, high: number): Tensor {
  checkNumber('uniform', 'low', low);
  checkNumber('uniform', 'high', high, low);
  return tensor(current.uniform(allowed(shape), low, high), shape);
}

/** Values of the normal distribution N(mean, std²). */
export function normal(shape: Shape, mean = 0, std = 1): Tensor {
  checkNumber('normal', 'mean', mean);
  checkNumber('normal', 'std', std, 0);
  return tensor(current.normal(allowed(shape), mean, std), shape);
}

/**
 * He's uniform initialisation: U(±b) with b = √(6 / ((1 + a²) · fanIn)).
 *
 * The default a = √5 gives b = 1/√fanIn, which is what PyTorch gives weights and biases of convolutions and linear layers.
 */
export function kaimingUniform(shape: Shape, fanIn: number, a = Math.sqrt(5)): Tensor {
  checkNumber('kaimingUniform', 'fanIn', fanIn, Number.MIN_VALUE, Number.POSITIVE_INFINITY, 'Inputs of one result');
  const bound = Math.sqrt(6 / ((1 + a * a) * fanIn));
  return uniform(shape, -bound, bound);
}

/** Glorot's normal initialisation: N(0, gain² · 2 / (fanIn + fanOut)). */
export const xavierNormal = (shape: Shape, fanIn: number, fanOut: number, gain = 1): Tensor =>
  normal(shape, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
