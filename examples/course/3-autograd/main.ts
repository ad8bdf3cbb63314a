/**
 * @file Chapter 3: gradients, and gradients of gradients.
 *
 *     npm run course -- 3
 */
import { openDevice } from '../device.ts';
import {
  add,
  full,
  grad,
  matmul,
  mean,
  mul,
  offset,
  repeatRow,
  scale,
  sqrt,
  sub,
  sum,
  sumColumns,
  type Tensor,
  tanh,
  tensor,
} from './autograd.ts';

/** Numbers in [−1, 1] that are the same in every run. */
function numbers(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const rounded = (values: readonly number[]): string => values.map((value) => Number(value.toFixed(3))).join(', ');

async function powers(device: GPUDevice, log: (text: string) => void): Promise<void> {
  const x = tensor(device, [1, 2, -1], [1, 3]);
  let y = mul(mul(x, x), x);
  log(`x³ at 1, 2, −1: ${rounded(await y.read())}`);
  for (const name of ['first', 'second', 'third']) {
    [y] = grad(y, [x]) as [Tensor];
    log(`${name} derivative: ${rounded(await y.read())}`);
  }
}

/** The parameters of a network from 2 values over 16 to 1. */
function parameters(device: GPUDevice, seed: number): Tensor[] {
  const random = (rows: number, columns: number, size: number): Tensor =>
    scale(tensor(device, numbers(rows * columns, seed + rows), [rows, columns]), size).detach();
  return [random(2, 16, 1), random(1, 16, 1), random(16, 1, 0.5), random(1, 1, 0)];
}

/** tanh(x · w₁ + b₁) · w₂ + b₂ for each row of x. */
function network([w1, b1, w2, b2]: readonly Tensor[], x: Tensor): Tensor {
  const rows = x.shape[0];
  const hidden = tanh(add(matmul(x, w1 as Tensor), repeatRow(b1 as Tensor, rows)));
  return add(matmul(hidden, w2 as Tensor), repeatRow(b2 as Tensor, rows));
}

/** One step down the gradient of a loss. */
function descend(loss: Tensor, weights: readonly Tensor[], rate: number): Tensor[] {
  return grad(loss, weights).map((g, k) => sub(weights[k] as Tensor, scale(g, rate)).detach());
}

/** Compares the gradient of a loss, in a random direction, with the difference quotient in that direction. */
async function compare(
  what: string,
  lossOf: (weights: readonly Tensor[]) => Tensor,
  weights: readonly Tensor[],
  log: (text: string) => void,
): Promise<void> {
  const directions = weights.map(({ device, shape }, k) => tensor(device, numbers(shape[0] * shape[1], 90 + k), shape));
  const moved = (by: number): Tensor =>
    lossOf(weights.map((w, k) => add(w, scale(directions[k] as Tensor, by)).detach()));
  const step = 2 ** -9;
  const [[above = 0], [below = 0]] = [await moved(step).read(), await moved(-step).read()];
  const slopes = grad(lossOf(weights), weights).map((g, k) => sum(mul(g, directions[k] as Tensor)));
  const [slope = 0] = await slopes.reduce(add).read();
  const quotient = (above - below) / (2 * step);
  log(`${what}: slope by autograd ${slope.toFixed(4)}, by differences ${quotient.toFixed(4)}`);
  if (!(Math.abs(slope - quotient) < 0.01 * (Math.abs(quotient) + 0.1))) throw new Error(`${what}: the two disagree`);
}

/** Learns which points lie inside of a circle. */
async function classify(device: GPUDevice, log: (text: string) => void): Promise<void> {
  const points = numbers(2 * 64, 7);
  const x = tensor(device, points, [64, 2]);
  const inside = Array.from({ length: 64 }, (_, k) =>
    Math.hypot(points[2 * k] as number, points[2 * k + 1] as number) < 0.8 ? 1 : -1,
  );
  const target = tensor(device, inside, [64, 1]);
  const lossOf = (weights: readonly Tensor[]): Tensor => {
    const error = sub(network(weights, x), target);
    return mean(mul(error, error));
  };
  let weights = parameters(device, 3);
  await compare('squared error', lossOf, weights, log);
  const [before = 0] = await lossOf(weights).read();
  for (let step = 0; step < 250; step++) weights = descend(lossOf(weights), weights, 0.3);
  const [after = 0] = await lossOf(weights).read();
  const answers = await network(weights, x).read();
  const right = answers.filter((answer, k) => answer * (inside[k] as number) > 0).length;
  log(
    `inside of a circle or not: the loss falls from ${before.toFixed(3)} to ${after.toFixed(3)}, ${right} of 64 right`,
  );
}

/** mean (‖∇ₓ f(x)‖ − 1)²: a loss that contains a gradient, so its own gradient is one of second order. */
async function penalise(device: GPUDevice, log: (text: string) => void): Promise<void> {
  const points = tensor(device, numbers(2 * 32, 11), [32, 2]);
  const norms = (weights: readonly Tensor[]): Tensor => {
    const x = points.detach();
    const [slope] = grad(sum(network(weights, x)), [x]) as [Tensor];
    return sqrt(offset(sumColumns(mul(slope, slope)), 1e-6));
  };
  const penaltyOf = (weights: readonly Tensor[]): Tensor => {
    const error = sub(norms(weights), full(device, 1, [32, 1]));
    return mean(mul(error, error));
  };
  // The last bias moves the network and not its slope, so no gradient of the penalty leads to it.
  const [w1, b1, w2, b2] = parameters(device, 5) as [Tensor, Tensor, Tensor, Tensor];
  const whole = (weights: readonly Tensor[]): Tensor[] => [...weights, b2];
  let weights: Tensor[] = [w1, b1, w2];
  await compare('gradient penalty', (some) => penaltyOf(whole(some)), weights, log);
  const spread = async (): Promise<string> => {
    const values = await norms(whole(weights)).read();
    return `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
  };
  const before = await spread();
  for (let step = 0; step < 100; step++) weights = descend(penaltyOf(whole(weights)), weights, 0.2);
  log(`slopes of the network at 32 points: ${before} before, ${await spread()} after 100 steps on the penalty`);
}

export async function run(gpu: GPU, log: (text: string) => void): Promise<void> {
  const device = await openDevice(gpu);
  await powers(device, log);
  await classify(device, log);
  await penalise(device, log);
  device.destroy();
}
