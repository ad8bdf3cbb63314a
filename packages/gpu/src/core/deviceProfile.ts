/** @file The number of processors of a GPU. The choice of a kernel depends on it, and WebGPU does not report it. */
import { ArgumentError } from './errors.ts';

/** What kernels are chosen by, beside the limits and features that WebGPU reports. */
export interface DeviceProfile {
  /**
   * Streaming multiprocessors or compute units. Each runs a few workgroups at a time, so a launch needs at least as
   * many workgroups to keep all of them busy.
   */
  readonly processors: number;
  /**
   * Where the number comes from: the option `processors` of {@link openGpu}, the tuning memo, the adapter's name, or an
   * assumption.
   */
  readonly source: 'caller' | 'memo' | 'name' | 'assumed';
}

/**
 * The number that is assumed for an adapter whose name is not known, software adapters among them: that of an H100 or
 * H200. On a small GPU too many workgroups cost less time than too few cost on a large one.
 */
const ASSUMED = 132;
const MOST = 4096;

/** Streaming multiprocessors by model, from NVIDIA's data sheets and architecture papers. */
const MODELS: Readonly<Record<string, number>> = {
  ...{ b200: 148, h200: 132, gh200: 132, h100: 132, 'h100 pcie': 114, a100: 108, a30: 56, a40: 84, a10: 72, a10g: 80 },
  ...{ l4: 58, l40: 142, l40s: 142, t4: 40, v100: 80 },
  ...{ 'rtx 5090': 170, 'rtx 5080': 84, 'rtx 5070 ti': 70, 'rtx 5070': 48 },
  ...{ 'rtx 4090': 128, 'rtx 4080 super': 80, 'rtx 4080': 76, 'rtx 4070 ti super': 66, 'rtx 4070 ti': 60 },
  ...{ 'rtx 4070 super': 56, 'rtx 4070': 46, 'rtx 4060 ti': 34, 'rtx 4060': 24 },
  ...{ 'rtx 3090 ti': 84, 'rtx 3090': 82, 'rtx 3080 ti': 80, 'rtx 3080': 68, 'rtx 3070 ti': 48, 'rtx 3070': 46 },
  ...{ 'rtx 3060 ti': 38, 'rtx 3060': 28, 'rtx 2080 ti': 68, 'rtx 2080': 46, 'rtx 2070': 36, 'rtx 2060': 30 },
  ...{ 'rtx a6000': 84, 'rtx a5000': 64, 'rtx a4000': 48, 'rtx 6000 ada generation': 142, 'titan rtx': 72 },
};

const MAKER = /^(?:nvidia )?(?:geforce |tesla |quadro )?/;
// memory and form factor, as in H100 80GB HBM3 and A100-SXM4-40GB
const BUILD = / (?:sxm\d?|pcie|nvl|hbm\d\w?|\d+ ?gb)$/;

/**
 * The processors of the adapter with this name, such as `NVIDIA H200` or Dawn's `nvidia-h200`; `undefined` if the table
 * lacks it.
 */
export function processorsNamed(name: string): number | undefined {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  let model = words.join(' ').replace(MAKER, '');
  for (;;) {
    if (Object.hasOwn(MODELS, model)) return MODELS[model];
    const shorter = model.replace(BUILD, '');
    if (shorter === model) return undefined;
    model = shorter;
  }
}

/** Returns `processors`. @throws ArgumentError that names `op` unless it is an integer from 1 to 4096. */
export function checkProcessors(op: string, processors: number): number {
  if (Number.isInteger(processors) && processors >= 1 && processors <= MOST) return processors;
  throw new ArgumentError(op, 'processors', String(processors), `an integer from 1 to ${MOST}`);
}

/**
 * Makes a profile of the first number that is given: the caller's, the memo's, that of the adapter's name; else of the
 * assumed one.
 */
export function deviceProfile(caller?: number, memo?: number, name?: number): DeviceProfile {
  if (caller !== undefined) return { processors: caller, source: 'caller' };
  if (memo !== undefined) return { processors: memo, source: 'memo' };
  return name === undefined ? { processors: ASSUMED, source: 'assumed' } : { processors: name, source: 'name' };
}
