export { type AdapterDescription, describeAdapter } from './adapter.ts';
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
} from './arguments.ts';
export { GpuBuffer } from './buffer.ts';
export {
  type Choice,
  type ChoiceReport,
  type KernelChoice,
  type Refusal,
  reportChoice,
  underChoice,
} from './choices.ts';
export type { BoundCommand, Command } from './commands.ts';
export { type GpuOptions, openGpu } from './create.ts';
export { currentGpu, onGpu, useGpu } from './current.ts';
export { DESCRIBED, type DeviceDescription, describedGpu } from './described.ts';
export {
  AdapterError,
  ArgumentError,
  DeviceLostError,
  FileError,
  OutOfMemoryError,
  ValidationError,
  VisageError,
} from './errors.ts';
export { parseJson } from './files/json.ts';
export { type Dispatch, Gpu } from './gpu.ts';
export type { Hardware } from './hardware.ts';
export { nextMoment } from './moments.ts';
export type { MemoryUse } from './pool.ts';
export type { ProfiledChoice, ProfileRow } from './profiler.ts';
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
} from './program.ts';
export { RecordedStep } from './recorded.ts';
export { recordStep } from './recording.ts';
export type { SavedBy } from './saved.ts';
export { scoped } from './scopes.ts';
export { refuseAsync } from './synchronous.ts';
export { layTogether, spaced } from './together.ts';
export { type TuningEntry, TuningMemo, type TuningTarget } from './tuning/memo.ts';
export { lendScratch, refillScratch } from './tuning/scratch.ts';
export { median, type TimingOptions, timeInterleaved } from './tuning/timing.ts';
export { stayedBusy, WARM_MS, warmUp } from './tuning/warm.ts';
export {
  Family,
  type FamilyDefinition,
  knownFamilies,
  type NamedFamily,
  type Variant,
  withVariant,
} from './variants.ts';
