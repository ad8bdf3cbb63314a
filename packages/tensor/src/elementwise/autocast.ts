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
 * Runs `fn` with products in f16: conv2d, convTranspose2d, linear and matmul cast f32 inputs to f16 and return f16,
 * with sums in f32. Other ops keep the type of their inputs; reductions, losses and normalised vectors are f32.
 *
 * Parameters and their gradients stay f32; each parameter is cast once per call of `autocast`. Gradients run in the
 * types of the forward pass, whether they are asked for inside or outside. On a device without f16 everything runs in
 * f32, and {@link halfPrecision} says so. An inner `autocast('f32', …)` turns it off. As PyTorch's `torch.autocast`.
 *
 * @throws ArgumentError unless `type` is f16 or f32 and `fn` a function; VisageError if it is async.
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

/** Whether the enclosing `autocast` casts this input of a product to f16. */
export const isCastNow = (x: Tensor): boolean => x.dtype === 'f32' && autocasting(x.gpu);

/**
 * The values of a tensor as f16, without history. The enclosing `autocast` keeps copies, which are used while up to
 * date.
 *
 * Parameters that are packed into one buffer are cast in one launch, because a network that needs one of them needs
 * most.
 */
export function halfOf(x: Tensor): Tensor {
  const casting = castingNow();
  if (x.dtype === 'f16' || x.node || !casting) return cast(x.detach(), 'f16');
  const { whole, offset } = x.buffer;
  const version = x.gpu.versionOf(whole);
  const cached = casting.copies.get(whole);
  // A gradient uses the copy that its op used, even if the parameter has changed since.
  const seen = cached !== undefined && x.gpu.saved(cached.copy.buffer);
  if (!seen) x.gpu.checkSaved(x.buffer);
  const valid = cached !== undefined && (seen || cached.version === version) && isOfNow(cached.copy);
  if (!valid && x.gpu.saved()) return cast(x.detach(), 'f16'); // its neighbours may have changed
  // Gaps between packed parameters may hold any bits, so nobody watches this cast for values that are not finite.
  const copy = valid ? cached.copy : unwatched(() => cast(wholeOf(x), 'f16'));
  if (!valid) casting.copies.set(whole, { copy, version });
  const buffer = whole === x.buffer ? copy.buffer : copy.buffer.part(offset / 2, halfBytes(x));
  return track('cast', new Tensor(x.gpu, buffer, x.shape, 'f16'), [], () => []);
}

/** All elements of the memory that a tensor of f32 is part of. */
const wholeOf = ({ gpu, buffer, shape }: Tensor): Tensor =>
  new Tensor(gpu, buffer.whole, buffer.whole === buffer ? shape : [buffer.whole.bytes / 4]);

const halfBytes = ({ size }: Tensor): number => 4 * Math.ceil(size / 2);

/**
 * Whether a copy may be used now. A copy that a traced step makes belongs to that step; and a traced step uses no copy
 * from before the trace, because its replays would never cast again.
 */
const isOfNow = ({ gpu, buffer }: Tensor): boolean =>
  gpu.holds(buffer) && gpu.tracing === (buffer.resource === undefined);
