/** @file Scopes. There is one stack of them for all devices of the process: a scope frees what was made inside of it, wherever that lies. */

import { refuseAsync } from '../core/dynamicScope.ts';
import type { GpuBuffer } from './buffer.ts';

/** What was made in each open scope; the innermost is last. */
const open: Set<GpuBuffer>[] = [];

/** Puts a new buffer into the innermost open scope, if there is one. */
export function enterScope(buffer: GpuBuffer): void {
  open.at(-1)?.add(buffer);
}

/** Takes a buffer out of every open scope. */
export function leaveScopes(buffer: GpuBuffer): void {
  for (const scope of open) scope.delete(buffer);
}

/** Runs `fn` and frees every buffer made inside, on any device, except those that `keep` names; they pass to the scope outside. */
export function scoped<T>(fn: () => T, keep: (result: T) => Iterable<GpuBuffer>): T {
  const made = new Set<GpuBuffer>();
  open.push(made);
  let kept: Iterable<GpuBuffer> = [];
  try {
    const result = fn();
    refuseAsync('scope', result);
    kept = keep(result);
    return result;
  } finally {
    open.pop();
    const outer = open.at(-1);
    for (const { owner } of kept) if (made.delete(owner)) outer?.add(owner);
    for (const buffer of made) buffer.home?.release(buffer);
  }
}
