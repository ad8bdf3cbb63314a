import { checkFunction, checkOneOf, currentGpu, type Gpu, refuseAsync } from '@visage/gpu';
import { track, unwatched } from '../core/autograd.ts';
import { castingNow, withCasting } from '../core/casting.ts';
import type { FloatType } from '../core/storage.ts';
import { checkGpu, Tensor } from '../core/tensor.ts';
import { cast } from './cast.ts';

/**
 * `true` if the device computes in f16, else the reason why {@link autocast} stays in f32 on it.
 *
 * @throws ArgumentError unless `gpu` is a device.
 */
export function halfPrecision(gpu: Gpu = currentGpu()): true | string {
  checkGpu('halfPrecision', gpu);
  return (
    gpu.device.features.has('shader-f16') ||
    `${gpu.adapter.name} has no f16 (the feature shader-f16 is missing): mixed precision computes in f32`
  );
}

/**
 * Runs `fn` with products in f16: conv2d, convTranspose2d, linear and matmul cast f32 inputs and give f16, with sums in
 * f32. What follows keeps the type of its inputs; reductions, losses and normalised vectors are f32. Parameters stay
 * f32 and so do their gradients: each is cast once per call of `autocast`.
 *
 * Gradients are asked for outside, or inside: either way they run in the types of the forward pass. On a device without
 * f16 everything runs in f32; {@link halfPrecision} tells. `autocast('f32', …)` inside of another turns it off. `fn`
 * must not be async. PyTorch's `torch.autocast`.
 */
export function autocast<T>(type: FloatType, fn: () => T): T {
  checkFunction('autocast', 'fn', fn);
  checkOneOf('autocast', 'type', type, ['f16', 'f32']);
  const copies = castingNow()?.copies ?? new Map();
  return withCasting({ type, copies }, () => {
    const result = fn();
    refuseAsync('autocast', result);
    return result;
  });
}

/**
 * Whether products are computed in f16 now, on this device: inside `autocast('f16', …)`, if the device has f16.
 *
 * @throws ArgumentError unless `gpu` is a device.
 */
export function autocasting(gpu: Gpu = currentGpu()): boolean {
  checkGpu('autocasting', gpu);
  return castingNow()?.type === 'f16' && gpu.device.features.has('shader-f16');
}

/** Does the `autocast` in force want this input of a product in f16? */
export const isCastNow = (x: Tensor): boolean => x.dtype === 'f32' && autocasting(x.gpu);

/**
 * The values of a tensor as f16, without their history: from the copies of the `autocast` in force if they are up to
 * date.
 *
 * Parameters that lie together are cast in one launch, because whoever needs one of them needs most.
 */
export function halfOf(x: Tensor): Tensor {
  const casting = castingNow();
  if (x.dtype === 'f16' || x.node || !casting) return cast(x.detach(), 'f16');
  const { whole, offset } = x.buffer;
  const version = x.gpu.versionOf(whole);
  const known = casting.copies.get(whole);
  // A gradient wants the copy that its op had, also if the parameter has changed since.
  const seen = known !== undefined && x.gpu.saved(known.copy.buffer);
  if (!seen) x.gpu.checkSaved(x.buffer);
  const valid = known !== undefined && (seen || known.version === version) && isOfNow(known.copy);
  if (!valid && x.gpu.saved()) return cast(x.detach(), 'f16'); // its neighbours may have changed
  // what lies between parameters may be anything
  const copy = valid ? known.copy : unwatched(() => cast(wholeOf(x), 'f16'));
  if (!valid) casting.copies.set(whole, { copy, version });
  const buffer = whole === x.buffer ? copy.buffer : copy.buffer.part(offset / 2, halfBytes(x));
  return track('cast', new Tensor(x.gpu, buffer, x.shape, 'f16'), [], () => []);
}

/** All elements of the memory that a tensor of f32 is part of. */
const wholeOf = ({ gpu, buffer, shape }: Tensor): Tensor =>
  new Tensor(gpu, buffer.whole, buffer.whole === buffer ? shape : [buffer.whole.bytes / 4]);

const halfBytes = ({ size }: Tensor): number => 4 * Math.ceil(size / 2);

/**
 * A copy made by a traced step is used by that step alone, and none from before is used in it: it would be made once
 * and for all.
 */
const isOfNow = ({ gpu, buffer }: Tensor): boolean =>
  gpu.holds(buffer) && gpu.tracing === (buffer.resource === undefined);
