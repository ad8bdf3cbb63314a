import type { Constant } from '@visage/gpu';
import type { Tensor } from '@visage/tensor';

/** An elementwise change of tensors in place, the same for many sets of tensors. */
export interface Update {
  /** Shown in profiles. */
  readonly name: string;
  /** WGSL of `fn change(v : ptr<function, array<V, COUNT>>)`; see kernels/optim/update.wgsl. */
  readonly rule: string;
  readonly constants?: Readonly<Record<string, Constant>>;
  /** How many tensors of a set change; they come first. */
  readonly written: number;
  /** Small tensors that the rule reads at each run, by their names there. */
  readonly scalars: Readonly<Record<string, Tensor>>;
  /** Nothing changes if the gradients of a scaled loss overflowed. */
  readonly scaling?: Scaling;
  /** The last tensor of a set is a gradient: with `scaling` it is divided by the loss scale. */
  readonly gradient?: boolean;
}

/** What the update by a scaled loss reads. */
export interface Scaling {
  /** The factor of the loss, f32 [1]; not set when the gradients are already divided by it. */
  readonly lossScale?: Tensor;
  /** Not 0 if some gradient is infinite or not a number, u32 [1]: PyTorch's `found_inf`. */
  readonly foundInf: Tensor;
}

/**
 * The small tensors that an update reads, by their names in its kernel. A binding that the kernel does not use would be
 * an error.
 */
export function scalarsOf({ scalars, scaling, gradient }: Update): Readonly<Record<string, Tensor>> {
  if (!scaling) return scalars;
  const flag = { ...scalars, found: scaling.foundInf };
  return gradient && scaling.lossScale ? { ...flag, loss_scale: scaling.lossScale } : flag;
}
