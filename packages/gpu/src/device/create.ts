import { describeAdapter } from '../core/adapter.ts';
import { checkBoolean, checkOneOf, checkOptions, type OptionKeys } from '../core/arguments.ts';
import { AdapterError } from '../core/errors.ts';
import { multipliesMatrices } from '../core/subgroupMatrices.ts';
import { Gpu } from './gpu.ts';

/** How to open a device. */
export interface GpuOptions {
  /** `full` (default) asks for every limit and useful feature of the adapter; `browser` for WebGPU's default limits and no features. */
  readonly profile?: 'full' | 'browser';
  /** Run every kernel in error scopes of its own: slow, but an error names the kernel that caused it. */
  readonly debug?: boolean;
  /** Choose kernels by their fixed order alone, whatever was measured: runs on one adapter are then the same bits, tuned or not. */
  readonly deterministic?: boolean;
  /** How many processors (streaming multiprocessors, compute units) the GPU has, where its name does not tell; see {@link Gpu.profile}. */
  readonly processors?: number;
}

export const GPU_OPTIONS: OptionKeys<GpuOptions> = {
  profile: true,
  debug: true,
  deterministic: true,
  processors: true,
};

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

const FEATURES = [
  'shader-f16',
  'subgroups',
  'timestamp-query',
  'chromium-experimental-subgroup-matrix',
  'subgroup-size-control',
];

/**
 * Opens a device on `navigator.gpu` or on what Dawn's `create()` returned.
 *
 * @throws AdapterError when no adapter answers.
 */
export async function openGpu(api: GPU, options: GpuOptions = {}): Promise<Gpu> {
  checkOptions('openGpu', options, GPU_OPTIONS);
  const { profile = 'full', debug = false, deterministic = false } = options;
  checkOneOf('openGpu', 'profile', profile, ['full', 'browser']);
  for (const [name, value] of Object.entries({ debug, deterministic })) checkBoolean('openGpu', name, value);
  const adapter = await api.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new AdapterError(
      'No WebGPU adapter answered. Install a GPU driver, or a software one: `npm run setup` tells the command.',
    );
  }
  const full = profile === 'full';
  const requiredLimits = full ? Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])) : {};
  const requiredFeatures = (full ? FEATURES.filter((name) => adapter.features.has(name)) : []) as GPUFeatureName[];
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures }).catch((cause: Error) => {
    throw new AdapterError(`${describeAdapter(adapter).name} gave no device: ${cause.message}`);
  });
  return new Gpu(
    device,
    { ...describeAdapter(adapter), matrices: await multipliesMatrices(device) },
    { debug, deterministic },
  );
}
