/**
 * @file Devices that exist only as a description: kernels are chosen and their WGSL is written for them, and nothing
 * runs.
 */
import type { AdapterDescription } from '../core/adapter.ts';
import { VisageError } from '../core/errors.ts';
import { Gpu } from './gpu.ts';

/** What the choice and the WGSL of kernels depend on. */
export interface DeviceDescription {
  readonly adapter: AdapterDescription;
  readonly features: readonly string[];
  /** The smallest and the largest number of threads of a subgroup. */
  readonly subgroups: readonly [least: number, most: number];
  /** Limits that differ from WebGPU's default limits. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** The default limits of WebGPU, section 3.6.2, that kernels depend on. */
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

/** Descriptions of typical devices. */
export const DESCRIBED = {
  /** An NVIDIA H200 through Dawn, with everything that {@link openGpu} asks for. */
  h200: {
    adapter: adapter('NVIDIA H200', { vendor: 'nvidia', architecture: 'hopper', matrices: true, processors: 132 }),
    features: ['shader-f16', 'subgroups', 'timestamp-query', 'chromium-experimental-subgroup-matrix'],
    subgroups: [32, 32],
    limits: LARGE_LIMITS,
  },
  /** A GPU with WebGPU's default limits and an unknown name, as a browser may report it. */
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
 * Makes a {@link Gpu} of a description. Ops on it choose kernels, write their WGSL and plan their memory as on a real
 * device, so that a step recorded on it has the commands that such a device would run. Nothing is computed: to read a
 * result throws a VisageError.
 */
export const describedGpu = (description: DeviceDescription): Gpu =>
  new Gpu(inertDevice(description), description.adapter, { deterministic: true });

/** The part of a GPUDevice that {@link Gpu} uses; its methods do nothing. */
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
    createBuffer: ({ size }: GPUBufferDescriptor) => ({
      size,
      destroy: nothing,
      mapAsync: unreadable,
      getMappedRange: (_offset: number, bytes: number) => new ArrayBuffer(bytes),
      unmap: nothing,
    }),
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
