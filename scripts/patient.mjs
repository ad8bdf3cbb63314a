/**
 * Lets Node wait for Dawn without spinning: `node --import ./scripts/patient.mjs file`.
 *
 * While a map or a submission is pending, Dawn's Node binding asks for its events in one `setImmediate` after the other, which keeps a core
 * busy. A software adapter needs that core to compile and to compute: looking once a millisecond instead took 57 instead of 86 s of processor
 * time for the norm tests on llvmpipe with a cold shader cache. The binding's callbacks are the native ones; all others stay as they were.
 */
const immediately = globalThis.setImmediate;
const isNative = (fn) => /\[native code\]/.test(Function.prototype.toString.call(fn));

globalThis.setImmediate = Object.assign(
  (fn, ...values) => (isNative(fn) ? setTimeout(fn, 1, ...values) : immediately(fn, ...values)),
  immediately, // util.promisify finds its own version there
);
