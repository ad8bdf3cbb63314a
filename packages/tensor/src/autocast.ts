import { currentGpu, type Gpu, refuseAsync } from '@visage/gpu';
import { castingNow, withCasting } from './casting.ts';
import { cast } from './ops/cast.ts';
import type { FloatType } from './storage.ts';
import type { Tensor } from './tensor.ts';

/** `true` if the device computes on f16, else the reason why {@link autocast} stays in f32 on it. */
export const halfPrecision = (gpu: Gpu = currentGpu()): true | string =>
  gpu.device.features.has('shader-f16') ||
  `${gpu.adapter.name} has no f16 (the feature shader-f16 is missing): mixed precision computes in f32`;

/**
 * Runs `fn` with products in f16: conv2d, convTranspose2d, linear and matmul cast f32 inputs and give f16, with sums in f32. What follows keeps the type of its
 * inputs; reductions, losses and normalised vectors are f32. Parameters stay f32 and so do their gradients: each is cast once per call of `autocast`.
 *
 * Gradients are asked for outside, or inside: either way they run in the types of the forward pass. On a device without f16 `fn` runs in f32;
 * {@link halfPrecision} tells. `autocast('f32', …)` inside of another turns it off. `fn` must not be async. PyTorch's `torch.autocast`.
 */
export function autocast<T>(type: FloatType, fn: () => T, gpu: Gpu = currentGpu()): T {
  const possible = type === 'f16' && halfPrecision(gpu) === true;
  const copies = castingNow()?.copies ?? new Map();
  return withCasting({ type: possible ? 'f16' : 'f32', copies }, () => {
    const result = fn();
    refuseAsync('autocast', result);
    return result;
  });
}

/** Are products computed in f16 now? */
export const autocasting = (): boolean => castingNow()?.type === 'f16';

/** Does the `autocast` in force want this input of a product in f16? */
export const isCastNow = (x: Tensor): boolean => x.dtype === 'f32' && autocasting();

/** The values of a tensor as f16, without their history: from the copies of the `autocast` in force if they are up to date. */
export function halfOf(x: Tensor): Tensor {
  const casting = castingNow();
  if (x.dtype === 'f16' || x.node || !casting) return cast(x.detach(), 'f16');
  const version = x.gpu.versionOf(x.buffer);
  const known = casting.copies.get(x);
  if (known?.version === version && isOfNow(known.copy)) return known.copy;
  const copy = cast(x.detach(), 'f16');
  casting.copies.set(x, { copy, version });
  return copy;
}

/** A copy made by a traced step is used by that step alone, and none from before is used in it: it would be made once and for all. */
const isOfNow = ({ gpu, buffer }: Tensor): boolean =>
  gpu.holds(buffer) && gpu.tracing === (buffer.resource === undefined);
