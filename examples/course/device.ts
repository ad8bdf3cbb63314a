/**
 * @file What the first four chapters need of WebGPU, in plain calls: a device, buffers, kernels, launches, a clock.
 * Chapter 1 explains every function here; from chapter 5 on the package `@visage/gpu` takes this file's place.
 */

// The values of GPUBufferUsage and GPUMapMode. Browsers have these names; in Node they come with the adapter.
const STORAGE = 0x80;
const COPY_SRC = 0x04;
const COPY_DST = 0x08;
const MAP_READ = 0x01;
const QUERY_RESOLVE = 0x200;
const READ = 0x01;

/**
 * Opens the device of the best adapter, with the features and limits of it that the course uses.
 *
 * @throws Error when no adapter answers.
 */
export async function openDevice(gpu: GPU): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('No WebGPU adapter answered; `npm run setup` tells how to install a software one.');
  const wanted = ['timestamp-query', 'shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'];
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = adapter.limits;
  return adapter.requestDevice({
    requiredFeatures: wanted.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize },
  });
}

/** The adapter's name, and whether it computes on the processor. */
export function nameOf(device: GPUDevice): { name: string; software: boolean } {
  const { vendor, architecture, device: model, description } = device.adapterInfo;
  const name = description || model || `${vendor} ${architecture}`.trim();
  return { name, software: /llvmpipe|lavapipe|swiftshader|basic render/i.test(`${vendor} ${architecture} ${name}`) };
}

/** A buffer in the device's memory that kernels can use: of a number of bytes, or with the given values. */
export function buffer(device: GPUDevice, content: number | Float32Array | Uint32Array | Uint16Array): GPUBuffer {
  const size = typeof content === 'number' ? content : content.byteLength;
  const made = device.createBuffer({ size: Math.ceil(size / 4) * 4, usage: STORAGE | COPY_SRC | COPY_DST });
  if (typeof content !== 'number') device.queue.writeBuffer(made, 0, content as BufferSource);
  return made;
}

/** Copies a buffer back to the host and reads it as f32. It waits for all work that was submitted before. */
export async function read(device: GPUDevice, from: GPUBuffer): Promise<Float32Array> {
  const staging = device.createBuffer({ size: from.size, usage: MAP_READ | COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(from, 0, staging, 0, from.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(READ);
  const values = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return values;
}

/** Compiles the entry point `main` of a WGSL text. Constants fill the `override` declarations of the text. */
export async function kernel(
  device: GPUDevice,
  code: string,
  constants: Readonly<Record<string, number>> = {},
): Promise<GPUComputePipeline> {
  const module = device.createShaderModule({ code });
  const compute = { module, entryPoint: 'main', constants };
  return device.createComputePipelineAsync({ layout: 'auto', compute });
}

/** A kernel with the buffers of its bindings 0, 1, …, and how many workgroups it gets. */
export interface Launch {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  readonly groups: readonly [number, number?, number?];
}

/** Binds buffers to a kernel. Nothing runs yet. */
export function bind(
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  buffers: readonly GPUBuffer[],
  ...groups: Launch['groups']
): Launch {
  const entries = buffers.map((each, binding) => ({ binding, resource: { buffer: each } }));
  const bindings = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  return { pipeline, bindings, groups };
}

/** Submits launches, in order; each sees what the ones before it wrote. */
export function submit(
  device: GPUDevice,
  launches: readonly Launch[],
  timestampWrites?: GPUComputePassTimestampWrites,
): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass({ timestampWrites });
  for (const { pipeline, bindings, groups } of launches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(...groups);
  }
  pass.end();
  device.queue.submit([encoder.finish()]);
}

/**
 * Milliseconds that the device takes for a launch: the median of some spans, each of which repeats the launch for about
 * ten milliseconds. Timed by the device's own clock where it has one, else by the host's.
 */
export async function time(device: GPUDevice, launch: Launch, rounds = 5): Promise<number> {
  await span(device, launch, 1); // the first launch compiles
  const repeats = Math.max(1, Math.min(1000, Math.ceil(10 / (await span(device, launch, 1)))));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await span(device, launch, repeats));
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number;
}

/** Milliseconds per launch of one submission that repeats it. */
async function span(device: GPUDevice, launch: Launch, repeats: number): Promise<number> {
  const launches = Array.from({ length: repeats }, () => launch);
  if (!device.features.has('timestamp-query')) {
    await device.queue.onSubmittedWorkDone();
    const start = performance.now();
    submit(device, launches);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - start) / repeats;
  }
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  submit(device, launches, { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
  const stamps = device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
  const encoder = device.createCommandEncoder();
  encoder.resolveQuerySet(querySet, 0, 2, stamps, 0);
  device.queue.submit([encoder.finish()]);
  const [start = 0n, end = 0n] = new BigUint64Array((await read(device, stamps)).buffer);
  stamps.destroy();
  querySet.destroy();
  return Number(end - start) / 1e6 / repeats; // nanoseconds
}
