/**
 * @file A device that accepts every call and computes nothing. With it a training can be recorded, and its memory
 * counted, on any machine.
 */
import { Gpu, useGpu } from '@visage/gpu';

/** The limits of a large NVIDIA GPU under Dawn. */
const LIMITS = {
  maxBufferSize: 2 ** 36,
  maxStorageBufferBindingSize: 2 ** 32 - 4,
  maxStorageBuffersPerShaderStage: 16,
  minStorageBufferOffsetAlignment: 256,
  maxComputeWorkgroupStorageSize: 49_152,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
  maxComputeWorkgroupSizeY: 1024,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65_535,
};

const FEATURES = [
  'shader-f16',
  'subgroups',
  'subgroup-size-control',
  'chromium-experimental-subgroup-matrix',
] as const satisfies readonly string[];

const nothing = (): void => {};
const anything = (): object => ({});

const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
const encoder = { beginComputePass: () => pass, copyBufferToBuffer: nothing, clearBuffer: nothing, finish: anything };

/** A buffer without memory; mapping it gives zeros. */
const makeBuffer = ({ size }: { readonly size: number }) => ({
  size,
  destroy: nothing,
  mapAsync: async () => {},
  getMappedRange: (_offset = 0, bytes = size) => new ArrayBuffer(bytes),
  unmap: nothing,
});

/**
 * Makes such a device the current one. It takes the kernels of a large GPU with subgroup matrices.
 *
 * @param fuse whether recorded steps fuse launches. Default: as on a GPU.
 */
export function countingGpu(fuse?: boolean): Gpu {
  const device = {
    limits: LIMITS,
    features: new Set(FEATURES),
    adapterInfo: { device: 'counted', description: 'nothing ran', subgroupMinSize: 32, subgroupMaxSize: 32 },
    lost: new Promise(nothing),
    addEventListener: nothing,
    pushErrorScope: nothing,
    popErrorScope: async () => null,
    createBuffer: makeBuffer,
    createBindGroup: anything,
    createBindGroupLayout: anything,
    createPipelineLayout: anything,
    createShaderModule: anything,
    createComputePipeline: anything,
    createComputePipelineAsync: async () => ({}),
    createCommandEncoder: () => encoder,
    queue: { submit: nothing, writeBuffer: nothing, onSubmittedWorkDone: async () => {} },
    destroy: nothing,
  } as unknown as GPUDevice; // what the gpu package and the choice of kernels use of one
  const adapter = { name: 'no adapter', vendor: '', architecture: '', software: false, matrices: true };
  return useGpu(new Gpu(device, adapter, { deterministic: true, fuse }));
}
