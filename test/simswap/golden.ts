/** @file The golden cases of test/golden/simswap.safetensors; goldens.py beside this file writes them and says what they hold. */
import { readFileSync } from 'node:fs';
import { fromFileOrder, loadModule, type Module, readSafetensors, type SafetensorsFile } from '@visage/nn';
import { type Shape, sizeOf, type Tensor, tensor } from '@visage/tensor';
import { relativeError } from '../helpers/goldens.ts';

export interface NetworkCase {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly train: boolean;
  /** Shapes of the inputs, NCHW. */
  readonly inputs: readonly Shape[];
}

export interface TrainingCase {
  readonly name: string;
  readonly steps: number;
  readonly batch: number;
  readonly size: number;
}

export interface Goldens {
  readonly file: SafetensorsFile;
  readonly networks: readonly NetworkCase[];
  readonly training: TrainingCase;
}

export function readGoldens(): Goldens {
  const file = readSafetensors(readFileSync(new URL('../golden/simswap.safetensors', import.meta.url)));
  const cases = JSON.parse(file.metadata.cases as string);
  return { file, networks: cases.slice(0, -1), training: cases.at(-1) };
}

/** Numbers in [0, 1), the same as `hashed` of goldens.py: the 24 upper bits of a mixed counter. */
export function hashed(seed: number, count: number): Float32Array {
  const start = Math.imul(seed, 0x9e3779b9) >>> 0;
  return Float32Array.from({ length: count }, (_, k) => {
    let x = (k + start) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 8) / 2 ** 24;
  });
}

/** Values of an NCHW image batch, given in that order, as NHWC. Other ranks pass. */
export function nhwc(values: Float32Array, shape: Shape): Float32Array {
  if (shape.length !== 4) return values;
  const [n, c, h, w] = shape as [number, number, number, number];
  const out = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const pixel = at % (h * w);
    const channel = Math.floor(at / (h * w)) % c;
    const sample = Math.floor(at / (c * h * w));
    out[(sample * h * w + pixel) * c + channel] = values[at] as number;
  }
  if (n * c * h * w !== values.length) throw new RangeError(`nhwc: ${values.length} values for [${shape}]`);
  return out;
}

const nhwcShape = (shape: Shape): Shape =>
  shape.length === 4 ? [0, 2, 3, 1].map((axis) => shape[axis] as number) : shape;

/** Hashed numbers minus `offset` as a tensor; `shape` as in PyTorch. */
export const hashedTensor = (seed: number, shape: Shape, offset = 0): Tensor =>
  tensor(
    nhwc(
      hashed(seed, sizeOf(shape)).map((x) => x - offset),
      shape,
    ),
    nhwcShape(shape),
  );

/** The unit latents that goldens.py feeds the generators. */
export function latents(count: number, length: number): Tensor {
  const values = hashed(7, count * length).map((x) => x - 0.5);
  for (let row = 0; row < count; row++) {
    const part = values.subarray(row * length, (row + 1) * length);
    const norm = Math.hypot(...part);
    part.forEach((x, k) => {
      part[k] = x / norm;
    });
  }
  return tensor(values, [count, length]);
}

/** Loads the parameters of a case. */
export function loadCase(module: Module, { file }: Goldens, prefix: string): void {
  const state = module.state();
  const tensors = new Map([...file.tensors].filter(([name]) => state.has(name.replace(prefix, ''))));
  loadModule(module, { ...file, tensors, metadata: {} }, { prefix, unexpected: 'ignore' });
}

/** Error of an image or a vector, NHWC here, NCHW in the file. */
export function imageError({ file }: Goldens, name: string, ours: Float32Array, floor = 0): number {
  const stored = file.tensors.get(name);
  if (!stored) throw new RangeError(`golden tensor ${name} is missing`);
  return relativeError(ours, nhwc(stored.floats(), stored.shape), floor);
}

/** Error of a gradient; that of a parameter is laid out as the parameter. */
export function gradientError(
  goldens: Goldens,
  name: string,
  module: Module,
  leaf: string,
  ours: Float32Array,
  floor: number,
): number {
  const entry = module.state().get(leaf);
  const stored = goldens.file.tensors.get(`${name}/d_${leaf}`);
  if (!entry || !stored) return imageError(goldens, `${name}/d_${leaf}`, ours, floor);
  return relativeError(ours, fromFileOrder(stored.floats(), entry.tensor.shape, entry.layout), floor);
}

/** Frobenius norm of the largest stored gradient of a case, times 1e-3: the floor of gradient errors. */
export function gradientFloor({ file }: Goldens, name: string): number {
  const norms = [...file.tensors]
    .filter(([key]) => key.startsWith(`${name}/d_`))
    .map(([, stored]) => Math.hypot(...stored.floats()));
  return 1e-3 * Math.max(0, ...norms);
}
