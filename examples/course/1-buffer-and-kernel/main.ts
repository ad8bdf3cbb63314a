/**
 * @file Chapter 1: from a buffer to a benchmark.
 *
 *     npm run course -- 1
 */
import { bind, buffer, kernel, nameOf, openDevice, read, submit, time } from '../device.ts';

/** y[i] = 2 · x[i] + 1, a thread for each i. The last workgroup may be larger than what is left of the data. */
const DOUBLE = /* wgsl */ `
@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x < arrayLength(&x)) {
    y[id.x] = 2.0 * x[id.x] + 1.0;
  }
}`;

/** Each thread writes who it is: 100 · its workgroup + its place in the workgroup. */
const NAMES = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> y : array<f32>;

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  y[4u * group.x + thread] = f32(100u * group.x + thread);
}`;

/**
 * sums[g] = Σ x over the 256 values of workgroup g. The values meet in workgroup memory and are added in a tree: eight
 * rounds, each with half as many threads at work, and a barrier after each.
 */
const SUMS = /* wgsl */ `
@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read_write> sums : array<f32>;
var<workgroup> parts : array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  parts[thread] = x[256u * group.x + thread];
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (thread < half) {
      parts[thread] += parts[thread + half];
    }
    workgroupBarrier();
  }
  if (thread == 0u) {
    sums[group.x] = parts[0];
  }
}`;

/**
 * A copy, or another `value` of each element. Every thread moves some elements of a type: either neighbouring threads
 * move neighbouring elements, or each thread has a run of its own.
 */
const copy = (type: 'f32' | 'vec4f', perThread: number, neighbours: boolean, value = 'x[at]'): string => /* wgsl */ `
@group(0) @binding(0) var<storage, read> x : array<${type}>;
@group(0) @binding(1) var<storage, read_write> y : array<${type}>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id : vec3u, @builtin(num_workgroups) groups : vec3u) {
  let threads = 256u * groups.x * groups.y;
  let thread = id.y * 256u * groups.x + id.x;
  for (var k = 0u; k < ${perThread}u; k++) {
    let at = ${neighbours ? 'k * threads + thread' : `thread * ${perThread}u + k`};
    y[at] = ${value};
  }
}`;

async function firstKernel(device: GPUDevice, log: (text: string) => void): Promise<void> {
  const x = buffer(
    device,
    Float32Array.from({ length: 100 }, (_, i) => i),
  );
  const y = buffer(device, 4 * 100);
  submit(device, [bind(device, await kernel(device, DOUBLE), [x, y], Math.ceil(100 / 64))]);
  log(`2x + 1 of 0, 1, 2, … 99: ${[...(await read(device, y))].slice(0, 5).join(', ')}, …`);

  const who = buffer(device, 4 * 12);
  submit(device, [bind(device, await kernel(device, NAMES), [who], 3)]);
  log(`who wrote what, 100 · workgroup + thread: ${[...(await read(device, who))].join(' ')}`);
}

async function sumInWorkgroups(device: GPUDevice, log: (text: string) => void): Promise<void> {
  const values = Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i));
  const sums = buffer(device, 4 * 4);
  submit(device, [bind(device, await kernel(device, SUMS), [buffer(device, values), sums], 4)]);
  const found = (await read(device, sums)).reduce((a, b) => a + b, 0);
  const exact = values.reduce((a, b) => a + b, 0); // in float64
  log(`sum of 1024 sines: ${found.toFixed(6)} on the device, ${exact.toFixed(6)} in float64`);
}

/** Times copies of one size, and a launch that does next to nothing. */
async function benchmark(device: GPUDevice, log: (text: string) => void): Promise<void> {
  const most = Math.floor(Math.log2(device.limits.maxStorageBufferBindingSize / 4));
  const floats = 2 ** Math.min(most, nameOf(device).software ? 22 : 26);
  const [x, y] = [buffer(device, 4 * floats), buffer(device, 4 * floats)];
  const empty = bind(device, await kernel(device, copy('f32', 1, true)), [x, y], 1);
  log(`a launch of one workgroup: ${(1000 * (await time(device, empty))).toFixed(1)} µs`);
  const ways = [
    ['copy of f32, one for each thread', copy('f32', 1, true), 1],
    ['copy of vec4f, one for each thread', copy('vec4f', 1, true), 4],
    ['copy of vec4f, four for each thread, neighbours together', copy('vec4f', 4, true), 16],
    ['copy of f32, sixteen for each thread, neighbours together', copy('f32', 16, true), 16],
    ['copy of f32, sixteen for each thread in a run of its own', copy('f32', 16, false), 16],
    ['2x + 1 of vec4f, one for each thread', copy('vec4f', 1, true, '2.0 * x[at] + 1.0'), 4],
  ] as const;
  for (const [what, code, floatsPerThread] of ways) {
    const groups = floats / floatsPerThread / 256;
    const rows = Math.ceil(groups / 2 ** 15); // an axis may have 65535 workgroups
    const ms = await time(device, bind(device, await kernel(device, code), [x, y], groups / rows, rows));
    log(`${what}: ${((8 * floats) / ms / 1e6).toFixed(1)} GB/s`); // every byte is read and written
  }
}

export async function run(gpu: GPU, log: (text: string) => void): Promise<void> {
  const device = await openDevice(gpu);
  const { name, software } = nameOf(device);
  log(`${name}${software ? ', a software adapter' : ''}`);
  await firstKernel(device, log);
  await sumInWorkgroups(device, log);
  await benchmark(device, log);
  device.destroy();
}
