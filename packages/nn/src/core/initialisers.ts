import { checkNumber, DynamicScope } from '@visage/gpu';
import { type Shape, type Tensor, tensor } from '@visage/tensor';
import { checkExtents, sizeOf } from '@visage/tensor/kernels';
import { HostRandom } from './random.ts';

/** How many initial values may still be allocated, and the error for the one too many. */
interface Allowance {
  left: number;
  readonly refuse: () => Error;
}

const generator = new DynamicScope(new HostRandom(0));
const allowance = new DynamicScope<Allowance | undefined>(undefined);

/**
 * Builds networks whose initial values come from `seed`: `const generator = seeded(7, () => new Generator())`.
 *
 * Each tensor is one draw, in construction order. Layers made outside of any `seeded` continue the sequence of seed 0.
 */
export const seeded = <T>(seed: number, build: () => T): T => generator.run('seeded', new HostRandom(seed), build);

/**
/**
 * Builds networks of at most `values` initial values in all; `refuse` makes the error that is thrown before more are
 * allocated.
 *
 * @throws VisageError if `build` is async; what `refuse` returns if the networks have more values.
 */
export const bounded = <T>(values: number, refuse: () => Error, build: () => T): T =>
  allowance.run('buildFor', { left: values, refuse }, build);

/** The number of values of `shape`, taken off the allowance. */
function allowed(shape: Shape): number {
  checkExtents('initialiser', shape);
  const size = sizeOf(shape);
  const limit = allowance.value;
  if (limit) {
    limit.left -= size;
    if (limit.left < 0) throw limit.refuse();
  }
  return size;
}

/**
 * A tensor of values uniform in [low, high).
 *
 * @throws ArgumentError when high is below low.
 */
export function uniform(shape: Shape, low: number, high: number): Tensor {
  checkNumber('uniform', 'low', low);
  checkNumber('uniform', 'high', high, low);
  return tensor(generator.value.uniform(allowed(shape), low, high), shape);
}

/**
 * A tensor of values of the normal distribution N(mean, std²).
 *
 * @throws ArgumentError when std is negative.
 */
export function normal(shape: Shape, mean = 0, std = 1): Tensor {
  checkNumber('normal', 'mean', mean);
  checkNumber('normal', 'std', std, 0);
  return tensor(generator.value.normal(allowed(shape), mean, std), shape);
}

/**
 * He's uniform initialisation: U(±b) with b = √(6 / ((1 + a²) · fanIn)). He et al. 2015.
 *
 * The default a = √5 gives b = 1/√fanIn, which is what PyTorch gives weights and biases of convolutions and linear
 * layers.
 */
export function kaimingUniform(shape: Shape, fanIn: number, a = Math.sqrt(5)): Tensor {
  checkNumber('kaimingUniform', 'fanIn', fanIn, Number.MIN_VALUE, Number.POSITIVE_INFINITY, 'Inputs of one result');
  const bound = Math.sqrt(6 / ((1 + a * a) * fanIn));
  return uniform(shape, -bound, bound);
}

/** Glorot's normal initialisation: N(0, gain² · 2 / (fanIn + fanOut)). Glorot and Bengio 2010. */
export const xavierNormal = (shape: Shape, fanIn: number, fanOut: number, gain = 1): Tensor =>
  normal(shape, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
