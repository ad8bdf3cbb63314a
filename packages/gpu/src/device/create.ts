import { describeAdapter } from '../core/adapter.ts';
import { checkBoolean, checkOneOf, checkOptions, type OptionKeys } from '../core/arguments.ts';
import { checkProcessors } from '../core/deviceProfile.ts';
import { AdapterError } from '../core/errors.ts';
import { multipliesMatrices } from '../core/subgroupMatrices.ts';
import { Gpu } from './gpu.ts';

/** How to open a device. */
export interface GpuOptions {
  /**
   * `full` (default) asks for every limit and useful feature of the adapter; `browser` for WebGPU's default limits and
   * no features.
   */
  readonly profile?: 'full' | 'browser';
  /**
   * Submit every kernel by itself, in error scopes of its own. That is slow, but an error names the kernel that caused
   * it. Default false.
   */
  readonly debug?: boolean;
  /**
   * Choose kernels by their fixed order alone, without the tuning memo: runs on one adapter then give the same bits,
   * tuned or not. Default false.
   */
  readonly deterministic?: boolean;
  /**
   * Let recorded steps fuse launches that do not depend on each other. The results are the same bits in fewer launches,
   * which saves time of host and device in every run; compiling the kernels of a step takes longer. Default: on GPUs,
   * and not on software adapters, which compile long kernels for minutes.
   */
  readonly fuse?: boolean;
  /**
   * How many processors (streaming multiprocessors, compute units) the GPU has, from 1 to 4096. Default: by the
   * adapter's name; see {@link Gpu.profile}.
   */
  readonly processors?: number;
}

/** The names of the options of {@link openGpu}. */
export const GPU_OPTIONS: OptionKeys<GpuOptions> = {
  profile: true,
  debug: true,
  deterministic: true,
  fuse: true,
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
 * Opens a device.
 *
 * @param api `navigator.gpu`, or what `createDawn` of `@visage/gpu/node` returned.
 * @throws AdapterError when there is no WebGPU, no adapter answers, or the adapter gives no device; ArgumentError for a
 * bad option.
 */
export async function openGpu(api: GPU | undefined, options: GpuOptions = {}): Promise<Gpu> {
  checkOptions('openGpu', options, GPU_OPTIONS);
  const { profile = 'full', debug = false, deterministic = false, fuse, processors } = options;
  checkOneOf('openGpu', 'profile', profile, ['full', 'browser']);
  for (const [name, value] of Object.entries({ debug, deterministic })) checkBoolean('openGpu', name, value);
  if (fuse !== undefined) checkBoolean('openGpu', 'fuse', fuse);
  if (processors !== undefined) checkProcessors('openGpu', processors);
  if (!api)
    throw new AdapterError(
      'There is no WebGPU: navigator.gpu is undefined. A page has it over https and on localhost, in a browser that ' +
        'has WebGPU; in Node call `await startGpu()` of @visage/gpu/node.',
    );
  const adapter = await api.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new AdapterError(
      'No WebGPU adapter answered. Install a GPU driver, or a software one: `npm run setup` tells the command. In a ' +
        "browser see whether its settings have graphics acceleration turned on, and whether it blocks the GPU's driver.",
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
    { debug, deterministic, fuse, processors },
  );
}
