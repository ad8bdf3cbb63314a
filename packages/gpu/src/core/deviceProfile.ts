/** @file What the choice of a kernel depends on and WebGPU does not tell: how many processors a GPU has. */
import { ArgumentError } from './errors.ts';

/** What is known of the chip behind an adapter. */
export interface DeviceProfile {
  /** Streaming multiprocessors or compute units: each runs a few workgroups at a time, so a launch wants at least that many. */
  readonly processors: number;
  /** Who said so: the caller (`processors` of {@link openGpu}), the tuning memo, the adapter's name, or nobody. */
  readonly source: 'caller' | 'memo' | 'name' | 'assumed';
}

/**
 * What is assumed of an adapter whose name tells nothing, software adapters among them: the processors of an H100 or H200. A launch that is cut into too many
 * workgroups costs a small GPU less than one cut into too few costs a large one.
 */
const ASSUMED = 132;
const MOST = 4096;

/** Streaming multiprocessors by model, from NVIDIA's data sheets and architecture papers. A name that is not in the table is not guessed at. */
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
const BUILD = / (?:sxm\d?|pcie|nvl|hbm\d\w?|\d+ ?gb)$/; // memory and form: H100 80GB HBM3, A100-SXM4-40GB

/** The processors of an adapter that calls itself so, as `NVIDIA H200` or as Dawn's `nvidia-h200`, or `undefined` for a name that is not in the table. */
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

/** @throws ArgumentError that names `op` unless `processors` is a number that a GPU may have. */
export function checkProcessors(op: string, processors: number): number {
  if (Number.isInteger(processors) && processors >= 1 && processors <= MOST) return processors;
  throw new ArgumentError(op, 'processors', String(processors), `an integer from 1 to ${MOST}`);
}

/** The first that says something: the caller, the memo, the adapter's name. */
export function deviceProfile(caller?: number, memo?: number, name?: number): DeviceProfile {
  if (caller !== undefined) return { processors: caller, source: 'caller' };
  if (memo !== undefined) return { processors: memo, source: 'memo' };
  return name === undefined ? { processors: ASSUMED, source: 'assumed' } : { processors: name, source: 'name' };
}
