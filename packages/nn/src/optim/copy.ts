import { ArgumentError } from '@visage/gpu';
import { optimCopy } from '@visage/kernels';
import type { Tensor } from '@visage/tensor';
import { launchInPlace } from './launch.ts';

/**
 * Copies tensors into others of the same sizes: target_k ← source_k. If the targets are packed, few launches copy all
 * of them; the sources may lie anywhere.
 *
 * @throws ArgumentError when the lists differ in length, or a pair in size.
 */
export function copyInto(targets: readonly Tensor[], sources: readonly Tensor[]): void {
  if (targets.length !== sources.length)
    throw new ArgumentError('copyInto', 'sources', `${sources.length} tensors`, `${targets.length}, one per target`);
  const sets = targets.map((target, k) => {
    const source = sources[k] as Tensor;
    if (source.size === target.size) return [target, source];
    throw new ArgumentError('copyInto', `sources[${k}]`, `${source.size} elements`, `${target.size}, as its target`);
  });
  launchInPlace({ name: 'copy', rule: optimCopy, written: 1, scalars: {}, gradient: true }, sets);
}
