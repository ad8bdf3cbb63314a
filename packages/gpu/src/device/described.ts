/** @file A device that is only described: kernels are chosen and put together for it, and nothing runs. */
import type { AdapterDescription } from '../core/adapter.ts';
import { VisageError } from '../core/errors.ts';
import { Gpu } from './gpu.ts';

/** What choosing and writing kernels asks of a device. */
export interface DeviceDescription {
  readonly adapter: AdapterDescription;
  readonly features: readonly string[];
  /** Smallest and largest number of invocations of a subgroup. */
  readonly subgroups: readonly [least: number, most: number];
  /** What differs from WebGPU's default limits. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** The limits that every WebGPU device has at least, as far as kernels ask for them: WebGPU, section 3.6.2. */
const DEFAULT_LIMITS: Readonly<Record<string, number>> = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  minStorageBufferOffsetAlignment: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65_535,
};

const LARGE_LIMITS: Readonly<Record<string, number>> = {
  maxBufferSize: 2 ** 32,
  maxStorageBufferBindingSize: 2 ** 32 - 4,
  maxStorageBuffersPerShaderStage: 16,
  maxComputeWorkgroupStorageSize: 49_152,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
  maxComputeWorkgroupSizeY: 1024,
};

const adapter = (name: string, changes: Partial<AdapterDescription>): AdapterDescription => ({
  name,
  vendor: '',
  architecture: '',
  software: false,
  matrices: false,
  ...changes,
});

/** Devices that stand for their kind. */
export const DESCRIBED = {
  /** An NVIDIA H200 through Dawn, with everything that {@link openGpu} asks for. */
  h200: {
    adapter: adapter('NVIDIA H200', { vendor: 'nvidia', architecture: 'hopper', matrices: true, processors: 132 }),
    features: ['shader-f16', 'subgroups', 'timestamp-query', 'chromium-experimental-subgroup-matrix'],
    subgroups: [32, 32],
    limits: LARGE_LIMITS,
  },
  /** A GPU of which nothing is known but WebGPU's default limits, as a browser may show it. */
  default: { adapter: adapter('a GPU with default limits', {}), features: [], subgroups: [4, 128] },
  /** Mesa's llvmpipe, which computes on the CPU. */
  software: {
    adapter: adapter('llvmpipe', { vendor: 'mesa', software: true }),
    features: ['shader-f16', 'subgroups'],
    subgroups: [8, 8],
    limits: {
      ...LARGE_LIMITS,
      maxBufferSize: 2 ** 30,
      maxStorageBufferBindingSize: 2 ** 27,
      maxComputeWorkgroupStorageSize: 32_768,
    },
  },
} as const satisfies Readonly<Record<string, DeviceDescription>>;

/**
 * A {@link Gpu} over a described device. Ops on it choose kernels, write their texts and plan their memory as on a real one, so that {@link Gpu.record}
 * tells what a device of this kind would run; what is launched computes nothing.
 *
 * @throws VisageError when somebody reads a result, since there is none.
 */
export const describedGpu = (description: DeviceDescription): Gpu =>
  new Gpu(inertDevice(description), description.adapter, { deterministic: true });

/** As much of a GPUDevice as {@link Gpu} uses, doing nothing. */
function inertDevice({ features, subgroups, limits }: DeviceDescription): GPUDevice {
  const nothing = () => {};
  const object = () => ({});
  const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
  const encoder = { beginComputePass: () => pass, copyBufferToBuffer: nothing, clearBuffer: nothing, finish: object };
  const unreadable = () => Promise.reject(new VisageError('a described device computes nothing that could be read'));
  const device = {
    features: new Set(features),
    limits: { ...DEFAULT_LIMITS, ...limits },
    adapterInfo: { subgroupMinSize: subgroups[0], subgroupMaxSize: subgroups[1] },
    lost: new Promise(nothing),
    addEventListener: nothing,
    queue: { writeBuffer: nothing, submit: nothing, onSubmittedWorkDone: () => Promise.resolve() },
    createBuffer: ({ size }: GPUBufferDescriptor) => ({ size, destroy: nothing, mapAsync: unreadable }),
    createCommandEncoder: () => encoder,
    createBindGroupLayout: object,
    createPipelineLayout: object,
    createBindGroup: object,
    createShaderModule: object,
    createComputePipeline: object,
    createComputePipelineAsync: () => Promise.resolve({}),
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    destroy: nothing,
  };
  return device as unknown as GPUDevice;
}
