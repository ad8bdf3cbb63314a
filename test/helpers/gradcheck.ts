/**
 * @file Gradients against finite differences.
 *
 * The op under test stands in the middle of a graph: its output y flows into z = sin(c ⊙ y) with a random constant c,
 * and the scalar is ⟨w, z⟩ with random w. So the gradient that arrives at the op is neither ones nor constant, and a
 * backward that assumes either fails.
 *
 * Each input is moved along random directions v. The central difference is taken at two steps and extrapolated
 * (Richardson), which removes the error of order h²; steps near ε^¼ then balance truncation against f32 rounding. The
 * scalar is summed on the host in f64.
 */
import { concat, enableGrad, grad, mul, reshape, scope, sin, sum, type Tensor, tensor } from '@visage/tensor';
import { hostRandom } from './random.ts';

export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface GradcheckOptions {
  /** 1 checks the gradient, 2 the gradient of the gradient. Default 1. */
  readonly order?: 1 | 2;
  /** Largest error of a directional derivative, relative to the gradient's norm. */
  readonly tolerance?: number;
  /**
   * The function has kinks that inputs cannot be kept away from (a ReLU behind a norm): take smaller steps and the
   * median error of five directions, because a step across a kink spoils a difference while a wrong gradient spoils
   * all.
   */
  readonly kinks?: boolean;
  /** Step relative to an input's root mean square. */
  readonly step?: number;
  readonly seed?: number;
}

type TensorFunction = (...inputs: Tensor[]) => Tensor;
const norm = (v: Float32Array) => Math.sqrt(v.reduce((s, a) => s + a * a, 0));

/**
 * Throws unless the gradient of `fn` with respect to each input agrees with finite differences.
 *
 * Inputs must lie away from kinks by more than the step, unless `kinks` is set.
 */
export async function gradcheck(
  fn: TensorFunction,
  inputs: readonly HostTensor[],
  options: GradcheckOptions = {},
): Promise<void> {
  const { order = 1, seed = 1 } = options;
  const checked: TensorFunction = order === 1 ? fn : (...xs) => flatGradient(fn, xs, seed + 1000);
  const projection = projector(hostRandom(seed));

  const gradients = await readAll(() => {
    const xs = inputs.map((x) => tensor(x.values, x.shape, { requiresGrad: true }));
    return grad(sum(projection(checked(...xs))), xs);
  });
  const value = (k: number, moved: Float32Array) =>
    readAll(() => {
      const xs = inputs.map((x, at) => tensor(at === k ? moved : x.values, x.shape, { requiresGrad: order === 2 }));
      return [projection(checked(...xs))];
    }).then(([z]) => (z as Float32Array).reduce((s, a) => s + a, 0));
  for (const [k, input] of inputs.entries()) {
    await checkInput(k, input, gradients[k] as Float32Array, (moved) => value(k, moved), options);
  }
}

async function checkInput(
  k: number,
  input: HostTensor,
  gradient: Float32Array,
  value: (moved: Float32Array) => Promise<number>,
  options: GradcheckOptions,
): Promise<void> {
  const { order = 1, kinks = false, seed = 1 } = options;
  const { tolerance = order === 1 ? 2e-3 : 5e-3, step = kinks ? 5e-4 : 2e-2 } = options;
  const random = hostRandom(seed + 77 * (k + 1));
  const size = Math.max(norm(input.values) / Math.sqrt(input.values.length), 0.1);
  const attempts: { error: number; claimed: number; measured: number }[] = [];
  for (let attempt = 0; attempt < (kinks ? 5 : 1); attempt++) {
    const direction = random.normals(input.values.length);
    const measured = await directionalDerivative(value, input.values, direction, step * size);
    const claimed = gradient.reduce((s, g, at) => s + g * (direction[at] as number), 0);
    attempts.push({ error: Math.abs(measured - claimed) / Math.max(norm(gradient), 1e-3), claimed, measured });
  }
  attempts.sort((a, b) => a.error - b.error);
  const { error, claimed, measured } = attempts[Math.floor(attempts.length / 2)] as (typeof attempts)[number];
  if (!(error <= tolerance)) {
    throw new Error(
      `gradient of input ${k} [${input.shape}], order ${order}: ${claimed} along a random direction, finite differences say ${measured} ` +
        `(error ${error.toExponential(2)} of the gradient's norm, tolerance ${tolerance})`,
    );
  }
}

/** Central differences at h and h / 2, extrapolated. */
async function directionalDerivative(
  value: (moved: Float32Array) => Promise<number>,
  at: Float32Array,
  direction: Float32Array,
  step: number,
): Promise<number> {
  const central = async (h: number) => {
    const plus = await value(at.map((x, k) => x + h * (direction[k] as number)));
    const minus = await value(at.map((x, k) => x - h * (direction[k] as number)));
    return (plus - minus) / (2 * h);
  };
  return (4 * (await central(step / 2)) - (await central(step))) / 3;
}

/** y ↦ w ⊙ sin(c ⊙ y), with c and w drawn once at the first call. */
function projector(random: ReturnType<typeof hostRandom>): (y: Tensor) => Tensor {
  let constants: { c: Float32Array; w: Float32Array } | undefined;
  return (y) => {
    constants ??= { c: random.normals(y.size, 0.3, 0.7), w: random.normals(y.size) };
    return mul(sin(mul(y, tensor(constants.c, y.shape))), tensor(constants.w, y.shape));
  };
}

/** The gradients of a projection of fn with respect to all inputs, as one vector, with their own graph. */
function flatGradient(fn: TensorFunction, xs: readonly Tensor[], seed: number): Tensor {
  return enableGrad(() => {
    const y = sum(projector(hostRandom(seed))(fn(...xs)));
    const gradients = grad(y, xs, { createGraph: true });
    return concat(
      gradients.map((g) => reshape(g, [g.size])),
      0,
    );
  });
}

/** Runs `fn` in a scope, reads its tensors and frees them. */
async function readAll(fn: () => Tensor[]): Promise<Float32Array[]> {
  const tensors = scope(fn);
  const values = await Promise.all(tensors.map((x) => x.floats()));
  for (const x of tensors) x.dispose();
  return values;
}

/** Standard normal values, scaled and shifted, and kept at least `away` from 0. */
export function randomInput(shape: readonly number[], { seed = 1, scale = 1, shift = 0, away = 0 } = {}): HostTensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const values = hostRandom(seed * 7919 + n).normals(n, scale, shift);
  return { shape, values: values.map((v) => (Math.abs(v) < away ? Math.sign(v || 1) * (away + Math.abs(v)) : v)) };
}
