/** @file Random programs of golden files: held to PyTorch, and their replays to the eager run. */
import type { Computed, GoldenCase, GoldenFile } from '@visage/conformance';
import {
  CaseTensors,
  compare,
  type HostValues,
  type ProgramArgs,
  programCase,
  readBack,
  sameBits,
  toleranceOf,
} from '@visage/conformance';
import { inPrecision, type Precision } from '@visage/simswap';
import { record, scope, type Tensor } from '@visage/tensor';

const stepsOf = ({ args }: GoldenCase) => (args as unknown as ProgramArgs).steps;

/** The ops that a program has. */
export const opsOf = (golden: GoldenCase): string[] => stepsOf(golden).map(({ op }) => op);

/** A program in one line: `v0 = exp(x0); y = add(v0, x1)`. */
export function programText(golden: GoldenCase): string {
  const named = (given: object) => Object.entries(given).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return stepsOf(golden)
    .map((s) => `${s.out} = ${s.op}(${[...s.in, ...named(s.args)].join(', ')})`)
    .join('; ');
}

/** What differs between two runs of the same kernels, which is nothing. */
function difference(what: string, a: HostValues, b: HostValues): string {
  const unequal = [...a.keys()].filter((name) => !sameBits(a.get(name) as Float32Array, b.get(name) as Float32Array));
  return unequal.length > 0 ? `${what} differs in ${unequal.join(', ')}` : '';
}

/** The elements of each tensor of floats in reverse. */
async function reverse(inputs: readonly Tensor[]): Promise<void> {
  for (const x of inputs) if (x.dtype === 'f32') x.write((await x.floats()).reverse());
}

/**
 * Runs a program eagerly and as a recorded step, which is run again on the same inputs, on their elements in reverse,
 * and on the first ones.
 *
 * @returns What is wrong: results beyond the limits of the file, or replays of other bits than the eager run on the
 * same inputs. Empty if nothing is.
 */
export async function faultOf(golden: GoldenCase, file: GoldenFile, precision: Precision): Promise<string> {
  const prepared = programCase(golden, new CaseTensors(golden, file.tensors));
  const compute = (): Computed => inPrecision(precision, prepared.compute);
  const eagerly = async (): Promise<HostValues> => {
    const results = scope(compute);
    const values = await readBack(results);
    for (const x of new Set(Object.values({ ...results.outputs, ...results.gradients })))
      if (!prepared.inputs.some(({ buffer }) => buffer === x.buffer)) x.dispose();
    return values;
  };
  const step = record(compute);
  const replayed = (): Promise<HostValues> => readBack(step.run());
  try {
    await step.ready(); // compiles on all cores
    const first = await eagerly();
    const { reason } = compare(prepared, { values: first }, toleranceOf(golden, precision));
    const replays = [await replayed(), await replayed()];
    await reverse(prepared.inputs);
    const changed = [await eagerly(), await replayed()] as const;
    await reverse(prepared.inputs);
    const faults = [
      reason,
      ...replays.map((values) => difference('the replay', first, values)),
      difference('the replay on other inputs', ...changed),
      difference('the replay on the first inputs again', first, await replayed()),
    ];
    return faults.filter(Boolean).join('; ');
  } finally {
    step.dispose();
    for (const x of prepared.inputs) x.dispose();
  }
}
