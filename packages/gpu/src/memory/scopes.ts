/** @file Scopes free the buffers that were made inside them. All devices of the process share one stack of scopes. */
import { refuseAsync } from '../core/dynamicScope.ts';
import type { GpuBuffer } from './buffer.ts';

/** The buffers that were made in each open scope; the innermost scope is last. */
const open: Set<GpuBuffer>[] = [];

/** Puts a new buffer into the innermost open scope, if there is one. */
export function enterScope(buffer: GpuBuffer): void {
  open.at(-1)?.add(buffer);
}

/** Takes a buffer out of every open scope. */
export function leaveScopes(buffer: GpuBuffer): void {
  for (const scope of open) scope.delete(buffer);
}

/**
 * Runs `fn`, which must not be async, and frees every buffer that was made in it, on any device. The buffers of its
 * result survive: they pass to the enclosing scope.
 *
 * @param buffersOf lists the buffers of the result.
 * @throws VisageError if `fn` is async.
 */
export function scoped<T>(fn: () => T, buffersOf: (result: T) => Iterable<GpuBuffer>): T {
  const made = new Set<GpuBuffer>();
  open.push(made);
  let returned: Iterable<GpuBuffer> = [];
  try {
    const result = fn();
    refuseAsync('scope', result);
    returned = buffersOf(result);
    return result;
  } finally {
    open.pop();
    const outer = open.at(-1);
    for (const { owner } of returned) if (made.delete(owner)) outer?.add(owner);
    for (const buffer of made) buffer.home?.release(buffer);
  }
}
