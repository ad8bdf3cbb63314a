import {
  ArgumentError,
  type Constant,
  checkNumber,
  currentGpu,
  f32,
  type Gpu,
  linearGrid,
  showValue,
} from '@visage/gpu';
import { randomAdvance, randomDraw, randomNormal, randomPhilox, randomUniform } from '@visage/kernels';
import { WORKGROUP } from '../core/passes.ts';
import { keep } from '../core/scope.ts';
import { checkExtents, type Shape } from '../core/shape.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { tensor } from '../elementwise/create.ts';
import { stateToDraw } from './redraw.ts';

/** What a uniform distribution over [low, high) is drawn from. */
export interface UniformRange {
  readonly extent: number;
  /**
   * The largest f32 below `high`; `low` if there is none. Draws are bounded by it, because low + extent · u may round
   * up to `high`, which is not in the interval.
   */
  readonly last: number;
}

/**
 * The range of a uniform distribution over [low, high).
 *
 * @throws ArgumentError unless low ≤ high and their difference is finite in f32.
 */
export function uniformRange(op: string, low: number, high: number): UniformRange {
  const extent = high - low;
  if (!(extent >= 0 && Number.isFinite(Math.fround(extent))))
    throw new ArgumentError(
      op,
      'low and high',
      `${low} and ${high}`,
      'two numbers with low ≤ high and a finite difference',
    );
  return { extent, last: Math.max(Math.fround(low), nextBelow(Math.fround(high))) };
}

/** The largest f32 below an f32. */
function nextBelow(value: number): number {
  const float = Float32Array.of(value);
  const word = new Int32Array(float.buffer);
  if (value === 0) return -(2 ** -126); // GPUs flush smaller numbers to 0
  word[0] = (word[0] as number) + (value > 0 ? -1 : 1);
  return float[0] as number;
}

/**
 * Random numbers on the GPU, by counter (Philox4x32-10).
 *
 * The state, key and number of draws so far, lies on the device and is counted up by a kernel: a replayed step draws
 * new numbers at every run. Number i of draw k depends on (seed, k, i) alone. Save the state with a checkpoint and a
 * resumed run goes on with the same numbers.
 */
export class RandomState {
  /** (key low, key high, draws low, draws high) as u32. Lives outside all scopes until `dispose()`. */
  readonly state: Tensor;

  /**
   * @param seed an integer from 0 to 2⁵³ − 1.
   * @throws ArgumentError for another seed.
   */
  constructor(seed: number, gpu: Gpu = currentGpu()) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ArgumentError('RandomState', 'seed', showValue(seed), 'an integer from 0 to 2^53 - 1');
    }
    this.state = keep(tensor(Uint32Array.of(seed % 2 ** 32, Math.floor(seed / 2 ** 32), 0, 0), [4], { gpu }));
  }

  /**
   * Numbers uniform in [low, high); all are `low` if no f32 lies between.
   *
   * @throws ArgumentError unless low ≤ high and their difference is finite in f32.
   */
  uniform(shape: Shape, low = 0, high = 1): Tensor {
    checkNumber('uniform', 'low', low);
    checkNumber('uniform', 'high', high, low);
    const range = uniformRange('RandomState.uniform', low, high);
    return this.#draw('uniform', randomUniform, shape, {
      LOW: f32(low),
      RANGE: f32(range.extent),
      LAST: f32(range.last),
    });
  }

  /**
   * Numbers of the normal distribution.
   *
   * @throws ArgumentError unless both numbers are finite in f32.
   */
  normal(shape: Shape, mean = 0, std = 1): Tensor {
    checkNumber('normal', 'mean', mean);
    checkNumber('normal', 'std', std, 0);
    if (![mean, std].every((value) => Number.isFinite(Math.fround(value))))
      throw new ArgumentError('RandomState.normal', 'mean and std', `${mean} and ${std}`, 'finite numbers');
    return this.#draw('normal', randomNormal, shape, { MEAN: f32(mean), STD: f32(std) });
  }

  /** The state as of now, for a checkpoint. */
  async save(): Promise<Uint32Array> {
    return (await this.state.data()) as Uint32Array;
  }

  /**
   * Continues from a saved state.
   *
   * @throws ArgumentError unless `words` are four u32, as {@link RandomState.save} gives them.
   */
  restore(words: Uint32Array): void {
    this.state.write(words);
  }

  dispose(): void {
    this.state.dispose();
  }

  #draw(name: string, distribution: string, shape: Shape, constants: Readonly<Record<string, Constant>>): Tensor {
    checkExtents(name, shape);
    const { gpu } = this.state;
    const state = stateToDraw(this.state);
    const out = empty(gpu, shape);
    gpu.dispatch({
      program: {
        name: `random/${name}`,
        constants: { WG: WORKGROUP, SIZE: out.size, ...constants },
        parts: [randomPhilox, distribution, randomDraw],
      },
      buffers: [out.buffer, state.buffer],
      grid: linearGrid(Math.ceil(out.size / 4 / WORKGROUP)),
    });
    gpu.dispatch({
      program: { name: 'random/advance', parts: [randomAdvance] },
      buffers: [state.buffer],
      grid: [1, 1, 1],
    });
    return out;
  }
}
