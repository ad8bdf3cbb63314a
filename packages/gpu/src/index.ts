/**
 * @file The device: buffers, kernels, recorded steps, and how kernels are chosen.
 *
 * The folders in import order; each imports values only from those above it:
 *
 * - core/: what needs no device: errors, checks of arguments, dynamic scopes, the text of a program, the profile of an
 *   adapter.
 * - memory/: device buffers, the pool that they come from, scopes that free them, the memory plan of recorded steps,
 *   the check of gradients' reads.
 * - select/: families of kernels that compute the same, and the choice between their variants.
 * - launch/: from a program to a submission: pipelines, bind groups, the command stream, failures, kernel times.
 * - transfer/: copies to and from the host, through memory that is kept from one to the next.
 * - record/: traced steps: dead code, common subexpressions and constants are removed, independent launches may be
 *   fused, and the rest is replayed.
 * - tuning/: the memo of the variants that were measured to be the fastest.
 * - device/: {@link Gpu}, which puts these together; opening a device, the current device, packing buffers, recording a
 *   step.
 * - timing/: times of pieces of work for benchmarks and tuning.
 * - node/: files, tuning memos on disk, and polling, for Node only; `node.ts` is the entry there.
 */
export { type AdapterDescription, describeAdapter } from './core/adapter.ts';
export {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkList,
  checkNumber,
  checkOneOf,
  checkOptions,
  type OptionKeys,
  showValue,
} from './core/arguments.ts';
export type { DeviceProfile } from './core/deviceProfile.ts';
export { DynamicScope, refuseAsync } from './core/dynamicScope.ts';
export {
  AdapterError,
  ArgumentError,
  DeviceLostError,
  FileError,
  OutOfMemoryError,
  ValidationError,
  VisageError,
} from './core/errors.ts';
export { parseJson } from './core/json.ts';
export { nextMoment } from './core/moments.ts';
export {
  assemble,
  type Constant,
  f32,
  f32Literal,
  i32,
  linearGrid,
  type Program,
  preludeOf,
  writtenBindings,
} from './core/program.ts';
export { type GpuOptions, openGpu } from './device/create.ts';
export { currentGpu, onGpu, useGpu } from './device/current.ts';
export { DESCRIBED, type DeviceDescription, describedGpu } from './device/described.ts';
export { Gpu } from './device/gpu.ts';
export { readInPlace, recycle, uploadRoom, writeInPlace } from './device/inPlace.ts';
export { packBuffers, packedBytes } from './device/pack.ts';
export { recordStep } from './device/recording.ts';
export { Snapshot, takeSnapshot } from './device/snapshot.ts';
export type { BoundCommand, Command, Dispatch } from './launch/commands.ts';
export type { ProfiledChoice, ProfileRow } from './launch/profiler.ts';
export { GpuBuffer } from './memory/buffer.ts';
export type { MemoryUse } from './memory/pool.ts';
export type { SavedBy } from './memory/saved.ts';
export { scoped } from './memory/scopes.ts';
export { chainsFrom, dependenciesOf } from './record/dependencies.ts';
export { RecordedStep } from './record/recordedStep.ts';
export {
  type Choice,
  type ChoiceReport,
  type KernelChoice,
  type Refusal,
  reportChoice,
  underChoice,
} from './select/choices.ts';
export {
  Family,
  type FamilyDefinition,
  kernelFamilies,
  type NamedFamily,
  type Variant,
  withVariant,
} from './select/family.ts';
export { REASONS_NOTE, Reasons, variantsOf } from './select/reasons.ts';
export { lendScratch, refillScratch } from './timing/scratch.ts';
export { median, type TimingOptions, timeInterleaved } from './timing/timing.ts';
export { stayedBusy, WARM_MS, warmUp } from './timing/warm.ts';
export type { TransferUse } from './transfer/transfers.ts';
export { type TuningEntry, TuningMemo, type TuningTarget } from './tuning/memo.ts';
