import { create, globals } from 'webgpu';
import { checkBoolean, checkOneOf, checkOptions, type OptionKeys } from './core/arguments.ts';
import { GPU_OPTIONS, type GpuOptions, openGpu } from './device/create.ts';
import { useGpu } from './device/current.ts';
import type { Gpu } from './device/gpu.ts';
import { loadMemos } from './node/memoFile.ts';
import { pollSlowly } from './node/polling.ts';

export { memoPath, saveMemo, shippedMemoPath, tuningTarget } from './node/memoFile.ts';
export { type FileContent, saveFile } from './node/save.ts';

/** How to open a device through Dawn. */
export interface NodeGpuOptions extends GpuOptions {
  /** Dawn backend; `null` compiles kernels and computes nothing. Default: Dawn's own choice. */
  readonly backend?: 'vulkan' | 'metal' | 'd3d12' | 'null';
  /** Keep Dawn's bounds checks in kernels. Default true; kernels are faster without them. */
  readonly robustness?: boolean;
  /**
   * How Dawn notices that results have arrived. `busy` asks all the time while one is expected, which keeps a core of
   * the processor busy; `timed` asks once a millisecond, for work that has several batches under way, and is then meant
   * for the whole process. Default: `timed` with a software adapter, `busy` otherwise.
   */
  readonly polling?: 'busy' | 'timed';
}

const DAWN_OPTIONS: OptionKeys<Pick<NodeGpuOptions, 'backend' | 'robustness'>> = { backend: true, robustness: true };
const NODE_GPU_OPTIONS: OptionKeys<NodeGpuOptions> = { ...GPU_OPTIONS, ...DAWN_OPTIONS, polling: true };
const BACKENDS: readonly string[] = ['vulkan', 'metal', 'd3d12', 'null'];

// The process crashes when an object that create() returned is garbage-collected. Hence this list is never emptied.
const instances: GPU[] = [];

/**
 * Starts Dawn and returns what browsers call `navigator.gpu`: for {@link startGpu}, and for other engines that are
 * compared with this one.
 *
 * @throws ArgumentError for a bad option.
 */
export function createDawn(options: Pick<NodeGpuOptions, 'backend' | 'robustness'> = {}): GPU {
  checkOptions('createDawn', options, DAWN_OPTIONS);
  const { backend, robustness = true } = options;
  if (backend !== undefined) checkOneOf('createDawn', 'backend', backend, BACKENDS);
  checkBoolean('createDawn', 'robustness', robustness);
  Object.assign(globalThis, globals);
  const enable = ['allow_unsafe_apis', 'vulkan_enable_f16_on_nvidia', 'use_vulkan_memory_model'];
  if (!robustness) {
    enable.push('disable_robustness', 'disable_workgroup_init', 'disable_polyfills_on_integer_div_and_mod');
  }
  const flags = [`enable-dawn-features=${enable.join(',')}`, 'disable-dawn-features=timestamp_quantization'];
  if (backend) flags.push(`backend=${backend}`);
  const instance = create(flags);
  instances.push(instance);
  return instance;
}

/**
 * Opens a device through Dawn, gives it the tuning memo of its adapter if there is one, and makes it the current
 * device.
 *
 * With a software adapter, or if `polling` says so, Dawn polls for events once a millisecond from then on; see
 * {@link pollSlowly}.
 *
 * @throws AdapterError when no adapter answers or the adapter gives no device, ArgumentError for a bad option.
 */
export async function startGpu(options: NodeGpuOptions = {}): Promise<Gpu> {
  checkOptions('startGpu', options, NODE_GPU_OPTIONS);
  const { backend, robustness, polling, ...device } = options;
  if (polling !== undefined) checkOneOf('startGpu', 'polling', polling, ['busy', 'timed']);
  const gpu = await openGpu(createDawn({ backend, robustness }), device);
  if (polling ? polling === 'timed' : gpu.adapter.software) pollSlowly();
  if (!gpu.deterministic) await loadMemos(gpu);
  return useGpu(gpu);
}
