const CALLBACK = /\[native code\]/;

let patient = false;

/**
 * Lets Node wait for Dawn without spinning, from now on in this process.
 *
 * While a map or a submission is pending, Dawn's Node binding asks for its events in one `setImmediate` after the other, which keeps a core busy. A software adapter
 * needs that core to compile and to compute: looking once a millisecond instead took a training of the preset `tiny` from 25 to 19 seconds on two cores (120 steps,
 * llvmpipe, 2026-11-22). On a GPU the spinning keeps readbacks quick, so it stays. The binding's callbacks are told by their text,
 * which is that of native code; bound functions have the same and wait a millisecond too, all others are left as they are.
 */
export function pollSlowly(): void {
  if (patient) return;
  patient = true;
  const immediately = globalThis.setImmediate;
  const isNative = (fn: unknown) => CALLBACK.test(Function.prototype.toString.call(fn));
  const wait = (fn: (...values: unknown[]) => void, ...values: unknown[]) =>
    isNative(fn) ? setTimeout(fn, 1, ...values) : immediately(fn, ...values);
  globalThis.setImmediate = Object.assign(wait, immediately) as unknown as typeof setImmediate; // util.promisify's own version lies on it
}
