import { inPrecision, type Precision } from '@visage/simswap';
import { scope, type Tensor } from '@visage/tensor';
import { tensorsIn } from '@visage/tensor/kernels';
import { type Activation, atActivations, keepActivations } from './activations.ts';
import type { Computed, Prepared } from './prepared.ts';
import type { RunOptions } from './run.ts';
import type { Tolerance } from './tolerance.ts';

/** Results on the host: outputs by name, gradients under `d_<name>`. */
export type HostValues = ReadonlyMap<string, Float32Array>;

/** What a case gave when run op by op. */
export interface EagerRun {
  readonly values: HostValues;
  /** Where the tolerance asks for it: a network's gradients in f32 at the activations of this run, */
  readonly sameActivations?: HostValues;
  /** or a training's log with each step taken from where f32 stands. */
  readonly apart?: HostValues;
}

/** Runs a case, and runs it again for what its results are measured against in mixed precision. */
export async function runEagerly(
  prepared: Prepared,
  precision: Precision,
  { file, rest }: Pick<Tolerance, 'file'> & Pick<RunOptions, 'rest'>,
): Promise<EagerRun> {
  const run = async (compute: () => Computed): Promise<HostValues> => {
    prepared.reset?.();
    const results = scope(compute);
    const values = await readBack(results);
    free(results, prepared.inputs);
    await rest?.();
    return values;
  };
  const { compute, computeApart, expected } = prepared;
  const amplified = file !== undefined && (computeApart || Object.keys(expected.gradients).length > 0);
  if (!amplified) return { values: await run(() => inPrecision(precision, compute)) };
  if (computeApart) {
    const values = await run(() => inPrecision(precision, compute));
    return { values, apart: await run(() => inPrecision(precision, computeApart)) };
  }
  let activations: readonly Activation[] = [];
  const kept = () => {
    const { result, activations: seen } = keepActivations(() => inPrecision(precision, compute));
    activations = seen;
    return result;
  };
  try {
    const values = await run(kept);
    return { values, sameActivations: await run(() => atActivations(activations, compute)) };
  } finally {
    for (const { values } of activations) values.dispose();
  }
}

/** Frees results. A gradient may be an input itself, such as the upstream gradient of a sum's operand. */
function free({ outputs, gradients }: Computed, inputs: readonly Tensor[]): void {
  const buffers = new Set(inputs.map((x) => x.buffer));
  for (const x of tensorsIn([outputs, gradients])) if (!buffers.has(x.buffer)) x.dispose();
}

/** Copies every result to the host. */
export async function readBack({ outputs, gradients }: Computed): Promise<HostValues> {
  const all: [string, Tensor][] = [
    ...Object.entries(outputs),
    ...Object.entries(gradients).map(([name, x]): [string, Tensor] => [`d_${name}`, x]),
  ];
  const host = new Map<string, Float32Array>();
  for (const [name, x] of all) host.set(name, await x.floats());
  return host;
}
