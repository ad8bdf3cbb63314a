/** @file What the values of a network must be like: checked wherever a file becomes weights, and before weights lose range in a file. */
import type { HostArray, Shape } from '@visage/tensor';
import { floatsFromHalf } from '@visage/tensor/kernels';

const LARGEST = (2 - 2 ** -23) * 2 ** 127; // of float32

/** Tensors with a lower bound, by the end of their names in files: roots are taken of the first two, and gradients are divided by the third. */
const BOUNDS: readonly (readonly [name: RegExp, least: number, why: string])[] = [
  [/(^|[./])running_var$/, 0, 'a variance is never below zero'],
  [/(^|[./])exp_avg_sq$/, 0, 'a mean of squares is never below zero'],
  [/Scaler\/scale$/, 2 ** -149, 'a loss scale is above zero'],
];

/** A value that no network can compute with. */
export interface BadValue {
  readonly index: number;
  readonly value: number;
  /** Why not, for the end of a message. */
  readonly why: string;
}

/**
 * The first value of a tensor that is NaN, infinite, or below what its name allows (`running_var`, `exp_avg_sq`, the scale of a loss scaler).
 *
 * @param values f32, or the bits of f16; integers are all fine.
 */
export function badValue(name: string, values: HostArray): BadValue | undefined {
  const [, least, why] = BOUNDS.find(([ending]) => ending.test(name)) ?? [undefined, -LARGEST, ''];
  const index = values instanceof Uint16Array ? badHalf(values, least >= 0) : badFloat(values, least);
  if (index < 0) return undefined;
  const bits = values.slice(index, index + 1);
  const value = bits instanceof Uint16Array ? (floatsFromHalf(bits)[0] as number) : (bits[0] as number);
  return { index, value, why: Number.isFinite(value) ? why : 'a network cannot compute with it' };
}

function badFloat(values: HostArray, least: number): number {
  if (!(values instanceof Float32Array)) return -1;
  for (let k = 0; k < values.length; k++) {
    const value = values[k] as number;
    if (!(value >= least && value <= LARGEST)) return k; // NaN is neither
  }
  return -1;
}

/** The same for f16 bits; exponents of ones alone are infinities and NaN, and what is above 0x8000 is negative. */
function badHalf(bits: Uint16Array, positive: boolean): number {
  for (let k = 0; k < bits.length; k++) {
    const value = bits[k] as number;
    if ((value & 0x7c00) === 0x7c00 || (positive && value > 0x8000)) return k;
  }
  return -1;
}

/** Where an element lies in its tensor: ` at [3, 0, 2]`; nothing for the only one of a scalar. */
export function placeIn(shape: Shape, index: number): string {
  if (shape.length === 0) return '';
  const at: number[] = [];
  let rest = index;
  for (const extent of [...shape].reverse()) {
    at.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return ` at [${at.join(', ')}]`;
}
