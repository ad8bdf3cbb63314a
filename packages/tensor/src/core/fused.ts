import { type Backward, enableGrad, grad, gradEnabled, track } from './autograd.ts';
import { Tensor } from './tensor.ts';

/** An op with a kernel of its own and the definition in plain ops that the kernel must equal. */
export interface FusedOp {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  /** The result of the fused kernel; no graph. */
  readonly forward: () => Tensor;
  /**
   * The fused gradient; used when no graph of the gradient is wanted. Without one, the composition's gradient serves.
   */
  readonly backward?: Backward;
  /** The definition, as a function of (stand-ins for) the inputs. */
  readonly composed: (...inputs: readonly Tensor[]) => Tensor;
  /** The composition runs the op a second time, and reads everything but the inputs as it is at that time. */
  readonly again?: boolean;
}

/**
 * Runs a fused op. First-order gradients take its fused backward; gradients of gradients differentiate the composed
 * definition.
 *
 * @throws VisageError, when a gradient is asked for, if the composition does not depend on an input that needs one.
 */
export function fused({ name, inputs, forward, backward, composed, again = false }: FusedOp): Tensor {
  return track(name, forward(), inputs, (g, needs) => {
    if (backward && !gradEnabled()) return backward(g, needs);
    const gradient = () => composedGradient(inputs, composed, g, needs);
    if (!again) return gradient();
    return g.gpu.recompute(
      inputs.map(({ buffer }) => buffer),
      gradient,
    );
  });
}

/**
 * Rebuilds the composition on stand-ins for the inputs and differentiates it. The result is itself part of a graph if
 * one is being built.
 *
 * A stand-in has the memory of an input and no history. One input may have been computed from another, or be the same
 * tensor: the gradient with respect to the latter must then not run through the former, because the outer graph adds
 * that path.
 */
export function composedGradient(
  inputs: readonly Tensor[],
  composed: FusedOp['composed'],
  g: Tensor,
  needs: readonly boolean[],
): (Tensor | undefined)[] {
  const createGraph = gradEnabled();
  const standIns = enableGrad(() => inputs.map(standIn));
  const y = enableGrad(() => composed(...standIns));
  const wanted = standIns.filter((_, k) => needs[k]);
  const gradients = grad(y, wanted, { createGraph, gradOutputs: [g] });
  return inputs.map((_, k) => (needs[k] ? gradients.shift() : undefined));
}

/** A tensor with the memory of x and a node of its own. */
const standIn = (x: Tensor): Tensor => track('standIn', new Tensor(x.gpu, x.buffer, x.shape, x.dtype), [x], (g) => [g]);
