import { currentGpu, type Gpu } from '@visage/gpu';
import { type Casting, castingNow, type HalfCopies, withCasting } from './casting.ts';
import { cast } from './ops/cast.ts';
import { assign } from './ops/shape.ts';
import { keep } from './scope.ts';
import type { FloatType } from './storage.ts';
import type { Tensor } from './tensor.ts';

/** `true` if the device computes on f16, else the reason why {@link autocast} stays in f32 on it. */
export const halfPrecision = (gpu: Gpu = currentGpu()): true | string =>
  gpu.device.features.has('shader-f16') ||
  `${gpu.adapter.name} has no f16 (the feature shader-f16 is missing): mixed precision computes in f32`;

export interface AutocastOptions {
  readonly gpu?: Gpu;
  /** Copies to use of tensors that do not change; of others a copy is made at first use, for this call. */
  readonly weights?: HalfWeights;
}

/**
 * Runs `fn` with products in f16: conv2d, convTranspose2d, linear and matmul cast f32 inputs and give f16, with sums in f32. What follows keeps the type of its
 * inputs; reductions, losses and normalised vectors are f32. Parameters stay f32 and so do their gradients: each is cast once per call of `autocast`.
 *
 * Gradients are asked for outside, or inside: either way they run in the types of the forward pass. Do not change parameters inside, the copies would be old. On
 * a device without f16 `fn` runs in f32; {@link halfPrecision} tells. `autocast('f32', …)` inside of another turns it off. PyTorch's `torch.autocast`.
 */
export function autocast<T>(type: FloatType, fn: () => T, { gpu, weights }: AutocastOptions = {}): T {
  const outer = castingNow();
  const possible = type === 'f16' && halfPrecision(gpu) === true;
  const casting: Casting = {
    type: possible ? 'f16' : 'f32',
    made: outer?.made ?? new Map(),
    kept: weights ?? outer?.kept,
  };
  return withCasting(casting, fn);
}

/** Does the `autocast` in force want this input of a product in f16? */
export const isCastNow = (x: Tensor): boolean => x.dtype === 'f32' && castingNow()?.type === 'f16';

/** The values of a tensor as f16, without their history: from the copies of the `autocast` in force if it has one. */
export function halfOf(x: Tensor): Tensor {
  const casting = castingNow();
  if (x.dtype === 'f16' || x.node || !casting) return cast(x.detach(), 'f16');
  const kept = casting.kept?.of(x);
  if (kept) return kept;
  const made = casting.made.get(x);
  if (made && isOfNow(made)) return made;
  const copy = cast(x.detach(), 'f16');
  casting.made.set(x, copy);
  return copy;
}

/** A copy made by a traced step is used by that step alone, and none from before is used in it: it would be made once and for all. */
const isOfNow = ({ gpu, buffer }: Tensor): boolean =>
  gpu.holds(buffer) && gpu.tracing === (buffer.resource === undefined);

/**
 * f16 copies of the weights of a network that does not train, for {@link autocast}: made once instead of in every run of a recorded step.
 *
 * Takes the tensors of rank 2 or more; biases and slopes are f32 in every kernel. Without f16 on the device it is empty.
 */
export class HalfWeights implements HalfCopies {
  readonly #copies = new Map<Tensor, Tensor>();

  constructor(tensors: Iterable<Tensor>) {
    for (const x of tensors) {
      if (x.dtype === 'f32' && x.rank >= 2 && halfPrecision(x.gpu) === true)
        this.#copies.set(x, keep(cast(x.detach(), 'f16')));
    }
  }

  of(x: Tensor): Tensor | undefined {
    return this.#copies.get(x);
  }

  /** Takes over the present values of the tensors, in place: recorded steps see them. */
  refresh(): void {
    for (const [x, copy] of this.#copies) assign(copy, x);
  }

  dispose(): void {
    for (const copy of this.#copies.values()) copy.dispose();
    this.#copies.clear();
  }
}
