const CALLBACK = /\[native code\]/;

let slow = false;

/**
 * Makes Dawn poll for events once a millisecond, from now on in this process.
 *
 * While a mapping or a submission is pending, Dawn's binding for Node polls by one `setImmediate` after the other,
 * which keeps a core busy. A software adapter needs that core to compile and to compute: with a poll per millisecond a
 * training of the preset `tiny` took 19 instead of 25 seconds on two cores (120 steps, llvmpipe, 2026-11-22). On a GPU
 * the busy polling keeps readbacks fast, so there it stays.
 *
 * The binding's callbacks are recognised by their source text, which is that of native code. Bound functions have the
 * same text and are delayed by a millisecond too. All other callbacks of `setImmediate` run as before.
 */
export function pollSlowly(): void {
  if (slow) return;
  slow = true;
  const immediately = globalThis.setImmediate;
  const isNative = (fn: unknown) => CALLBACK.test(Function.prototype.toString.call(fn));
  const wait = (fn: (...values: unknown[]) => void, ...values: unknown[]) =>
    isNative(fn) ? setTimeout(fn, 1, ...values) : immediately(fn, ...values);
  // it carries the version that util.promisify uses
  globalThis.setImmediate = Object.assign(wait, immediately) as unknown as typeof setImmediate;
}
