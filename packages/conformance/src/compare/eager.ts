import { inPrecision, type Precision } from '@visage/simswap';
import { scope, type Tensor } from '@visage/tensor';
import { tensorsIn } from '@visage/tensor/kernels';
import type { Computed, Prepared } from '../golden/prepared.ts';
import type { Tolerance } from '../golden/tolerance.ts';
import { type Activation, atActivations, keepActivations } from './activations.ts';

/** Results on the host: outputs under their names, gradients under `d_<name>`. */
export type HostValues = ReadonlyMap<string, Float32Array>;

/** The results of an eager run of a case. */
export interface EagerRun {
  readonly values: HostValues;
  /** For networks, if the tolerance requires it: the gradients in f32 at the activations of this run. */
  readonly sameActivations?: HostValues;
  /**
   * For trainings, if the tolerance requires it: the log whose every step is taken from the state that f32 steps reach.
   */
  readonly apart?: HostValues;
}

/** Runs a case eagerly. In mixed precision it runs the case again where the tolerance requires reference results. */
export async function runEagerly(
  prepared: Prepared,
  precision: Precision,
  { file, rest }: Pick<Tolerance, 'file'> & { readonly rest?: () => Promise<void> },
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

/**
 * Frees results, except those that share a buffer with an input: the gradient of a sum's operand can be the upstream
 * gradient itself.
 */
function free({ outputs, gradients }: Computed, inputs: readonly Tensor[]): void {
  const buffers = new Set(inputs.map((x) => x.buffer));
  for (const x of tensorsIn([outputs, gradients])) if (!buffers.has(x.buffer)) x.dispose();
}

/** Copies every result to the host; gradients get the names `d_<name>`. */
export async function readBack({ outputs, gradients }: Computed): Promise<HostValues> {
  const all: [string, Tensor][] = [
    ...Object.entries(outputs),
    ...Object.entries(gradients).map(([name, x]): [string, Tensor] => [`d_${name}`, x]),
  ];
  const host = new Map<string, Float32Array>();
  for (const [name, x] of all) host.set(name, await x.floats());
  return host;
}
