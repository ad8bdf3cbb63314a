/**
 * @file Computes gradients at given activations, which is how gradients in mixed precision are checked.
 *
 * The derivative of a rectifier is discontinuous at zero. Rounding activations to f16 moves about one in a thousand of
 * them across zero, and each such unit changes its whole contribution to the gradient. If a share p of the units
 * switches, the relative error is √p, about 3 %, for each rectifier of the network. This holds for any implementation.
 *
 * The check is therefore split. The outputs of the forward pass are compared with the file. The gradients in mixed
 * precision are compared with the f32 gradients of the same function at the activations of the f16 forward pass, so
 * that every unit is switched alike in both. Values inside a fused op are not replaced; each precision computes them
 * from the same inputs.
 */
import { VisageError } from '@visage/gpu';
import { assign, cast, copy, gradEnabled, keep, noGrad, type Tensor } from '@visage/tensor';
import { showShape, watchOps } from '@visage/tensor/kernels';

/** The output of an op of a forward pass, as f32. */
export interface Activation {
  readonly op: string;
  readonly values: Tensor;
}

// Casts are skipped because autocast inserts them. Gradients are computed without a graph unless they are
// differentiated again, so ops with gradients enabled belong to the forward pass.
const isForward = (op: string, { dtype }: Tensor): boolean =>
  op !== 'cast' && gradEnabled() && (dtype === 'f16' || dtype === 'f32');

/**
 * Runs `fn` and copies the output of each op of its forward pass. The copies outlive all scopes; the caller disposes of
 * them.
 */
export function keepActivations<T>(fn: () => T): { readonly result: T; readonly activations: readonly Activation[] } {
  const activations: Activation[] = [];
  const watch = (op: string, out: Tensor) => {
    if (!isForward(op, out)) return;
    const values = noGrad(() => (out.dtype === 'f16' ? cast(out, 'f32') : copy(out)));
    activations.push({ op, values: keep(values) });
  };
  return { result: watchOps(watch, fn), activations };
}

/**
 * Runs `fn` in f32, and replaces the output of each op of its forward pass by the output that {@link keepActivations}
 * copied. Its gradients are then those at these activations.
 *
 * @throws VisageError when `fn` runs other ops than {@link keepActivations} saw.
 */
export function atActivations<T>(activations: readonly Activation[], fn: () => T): T {
  let next = 0;
  const watch = (op: string, out: Tensor) => {
    if (!isForward(op, out)) return;
    const kept = activations[next++];
    if (!kept || kept.op !== op || String(kept.values.shape) !== String(out.shape)) {
      const before = kept ? `${kept.op} ${showShape(kept.values.shape)}` : 'nothing';
      throw new VisageError(`op ${next} is ${op} ${showShape(out.shape)} in f32 and was ${before} in mixed precision`);
    }
    noGrad(() => assign(out, kept.values));
  };
  const result = watchOps(watch, fn);
  if (next < activations.length)
    throw new VisageError(`${next} ops ran in f32, and ${activations.length} in mixed precision`);
  return result;
}
