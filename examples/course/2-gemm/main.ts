/**
 * @file Chapter 2: a matrix product in seven versions, each checked and timed.
 *
 *     npm run course -- 2
 *     npm run bench -- ladder      the same on a GPU, large, beside the best rates of the device
 */
import { bind, buffer, kernel, nameOf, openDevice, time } from '../device.ts';
import { prepare, rungs, supports } from './ladder.ts';

const COPY = /* wgsl */ `
@group(0) @binding(0) var<storage, read> x : array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y : array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id : vec3u) {
  y[id.x] = x[id.x];
}`;

/** GB/s of a copy: what a kernel may hope for that does next to no arithmetic. */
async function copyRate(device: GPUDevice): Promise<number> {
  const floats = nameOf(device).software ? 2 ** 22 : 2 ** 25;
  const [x, y] = [buffer(device, 4 * floats), buffer(device, 4 * floats)];
  const ms = await time(device, bind(device, await kernel(device, COPY), [x, y], floats / 4 / 256));
  for (const each of [x, y]) each.destroy();
  return (8 * floats) / ms / 1e6;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

export async function run(gpu: GPU, log: (text: string) => void): Promise<void> {
  const device = await openDevice(gpu);
  const { name, software } = nameOf(device);
  const side = software ? 256 : 2048;
  const copy = await copyRate(device);
  log(name);
  log(`products of ${side} x ${side}; a copy runs at ${copy.toFixed(1)} GB/s`);
  for (const rung of rungs) {
    const able = supports(rung, device);
    if (able !== true) {
      log(`${rung.name}: not here, it ${able}`);
      continue;
    }
    const prepared = await prepare(device, rung, side);
    const error = await prepared.check();
    if (!(error < 1e-3)) throw new Error(`${rung.name} computes something else: it is off by ${error}`);
    const ms = await time(device, prepared.launch);
    const rate = (2 * side ** 3) / ms / 1e6; // billions of operations in a second
    const bound = copy * rung.intensity;
    log(
      `${rung.name}: ${ms.toFixed(2)} ms, ${short(rate)} GFLOP/s; ` +
        `${rung.intensity.toFixed(2)} operations a byte, at the speed of the copy ${short(bound)} GFLOP/s`,
    );
    prepared.destroy();
  }
  device.destroy();
}
