/**
 * @file Gradients at given activations, which is how gradients in mixed precision are measured.
 *
 * The derivative of a rectifier jumps at zero. Rounding activations to f16 moves about one in a thousand of them
 * across, and each takes its whole share of the gradient along: a share p of switched units is a relative error of √p,
 * some 3 %, for each rectifier of the network, whoever computes it. So the forward pass is held to the file's outputs,
 * and the backward pass to the gradient in f32 of the same function at the activations that the forward pass in f16
 * had, where both agree about every unit. What a fused op keeps inside, each computes from the same inputs.
 */
import { VisageError } from '@visage/gpu';
import { assign, cast, copy, gradEnabled, keep, noGrad, type Tensor } from '@visage/tensor';
import { showShape, watchOps } from '@visage/tensor/kernels';

/** What an op of a forward pass gave, as f32. */
export interface Activation {
  readonly op: string;
  readonly values: Tensor;
}

// Casts are the ones that autocast adds. Gradients are computed without a graph, unless they are differentiated once
// more.
const isForward = (op: string, { dtype }: Tensor): boolean =>
  op !== 'cast' && gradEnabled() && (dtype === 'f16' || dtype === 'f32');

/** Runs `fn` and copies what each op of its forward pass gives. The copies outlive all scopes; dispose of them. */
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
 * Runs `fn` in f32 with the result of each op of its forward pass replaced by what the same op gave before: gradients
 * are then those at these activations.
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
