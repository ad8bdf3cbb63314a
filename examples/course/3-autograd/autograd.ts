/** @file Autograd: tensors that know how they were made, and the walk that turns this into gradients. */
import { buffer, read } from '../device.ts';
import { mapKernel, productKernel, type Shape, transposeKernel } from './kernels.ts';

/** For each input of an op, the gradient of the result with respect to it, times `g`. It is made of ops again. */
type Backward = (g: Tensor) => readonly Tensor[];

/** A matrix of f32 on a device, the tensors it was computed from, and how a gradient goes back to them. */
export class Tensor {
  constructor(
    readonly device: GPUDevice,
    readonly values: GPUBuffer,
    readonly shape: Shape,
    readonly inputs: readonly Tensor[] = [],
    readonly backward: Backward = () => [],
  ) {}

  /** The same values without their history: a leaf, as parameters are after an update. */
  detach(): Tensor {
    return new Tensor(this.device, this.values, this.shape);
  }

  async read(): Promise<number[]> {
    return [...(await read(this.device, this.values))];
  }
}

export function tensor(device: GPUDevice, values: readonly number[], shape: Shape): Tensor {
  return new Tensor(device, buffer(device, Float32Array.from(values)), shape);
}

/** A matrix of equal values. */
export const full = (device: GPUDevice, value: number, shape: Shape): Tensor =>
  tensor(device, new Array<number>(shape[0] * shape[1]).fill(value), shape);

export function map(value: string, inputs: readonly Tensor[], backward: Backward): Tensor {
  const [{ device, shape }] = inputs as [Tensor];
  const other = inputs.find((each) => each.shape.join() !== shape.join());
  if (other) throw new Error(`${value}: expected matrices of one shape, got [${shape}] and [${other.shape}]`);
  const values = inputs.map((each) => each.values);
  return new Tensor(device, mapKernel(device, value, shape, values), shape, inputs, backward);
}

export const add = (a: Tensor, b: Tensor): Tensor => map('a + b', [a, b], (g) => [g, g]);
export const sub = (a: Tensor, b: Tensor): Tensor => map('a - b', [a, b], (g) => [g, scale(g, -1)]);
export const mul = (a: Tensor, b: Tensor): Tensor => map('a * b', [a, b], (g) => [mul(g, b), mul(g, a)]);
export const scale = (a: Tensor, by: number): Tensor => map(`a * ${by}`, [a], (g) => [scale(g, by)]);
export const offset = (a: Tensor, by: number): Tensor => map(`a + ${by}`, [a], (g) => [g]);

/** The ops whose gradient reuses their own result y: d/da exp a = y, d/da 1/a = −y², … */
function reusing(value: string, a: Tensor, slope: (y: Tensor) => Tensor): Tensor {
  const y: Tensor = map(value, [a], (g) => [mul(g, slope(y))]);
  return y;
}
export const exp = (a: Tensor): Tensor => reusing('exp(a)', a, (y) => y);
export const reciprocal = (a: Tensor): Tensor => reusing('1.0 / a', a, (y) => scale(mul(y, y), -1));
export const sqrt = (a: Tensor): Tensor => reusing('sqrt(a)', a, (y) => scale(reciprocal(y), 0.5));
export const tanh = (a: Tensor): Tensor => reusing('tanh(a)', a, (y) => offset(scale(mul(y, y), -1), 1));

export function transpose(x: Tensor): Tensor {
  const shape = [x.shape[1], x.shape[0]] as const;
  return new Tensor(x.device, transposeKernel(x.device, x.values, shape), shape, [x], (g) => [transpose(g)]);
}

export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.shape[1] !== b.shape[0])
    throw new Error(`matmul: expected [m, k] and [k, n], got [${a.shape}] and [${b.shape}]`);
  const shape = [a.shape[0], b.shape[1]] as const;
  const values = productKernel(a.device, a.values, b.values, shape, a.shape[1]);
  return new Tensor(a.device, values, shape, [a, b], (g) => [matmul(g, transpose(b)), matmul(transpose(a), g)]);
}

/** Sums over rows, columns or both, and repetitions of a row or a column, are products with a matrix of ones. */
export const sumColumns = (x: Tensor): Tensor => matmul(x, full(x.device, 1, [x.shape[1], 1]));
export const repeatRow = (x: Tensor, rows: number): Tensor => matmul(full(x.device, 1, [rows, 1]), x);
export const sum = (x: Tensor): Tensor => matmul(full(x.device, 1, [1, x.shape[0]]), sumColumns(x));
export const mean = (x: Tensor): Tensor => scale(sum(x), 1 / (x.shape[0] * x.shape[1]));

/** Everything that y depends on, each tensor before its inputs. */
function backwardOrder(y: Tensor): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<Tensor>();
  const visit = (at: Tensor): void => {
    if (seen.has(at)) return;
    seen.add(at);
    at.inputs.forEach(visit);
    order.push(at);
  };
  visit(y);
  return order.reverse();
}

/** ∂(Σ y)/∂x for each x. The results are tensors with a history of their own: they can be differentiated again. */
export function grad(y: Tensor, xs: readonly Tensor[]): Tensor[] {
  const found = new Map([[y, full(y.device, 1, y.shape)]]);
  for (const at of backwardOrder(y)) {
    const parts = at.backward(found.get(at) as Tensor);
    for (const [k, input] of at.inputs.entries()) {
      const before = found.get(input);
      found.set(input, before ? add(before, parts[k] as Tensor) : (parts[k] as Tensor));
    }
  }
  return xs.map((x) => {
    const gradient = found.get(x);
    if (!gradient) throw new Error('grad: the result does not depend on one of the tensors');
    return gradient;
  });
}
