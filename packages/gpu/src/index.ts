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
export { packBuffers, packedBytes } from './device/pack.ts';
export { recordStep } from './device/recording.ts';
export type { BoundCommand, Command, Dispatch } from './launch/commands.ts';
export type { ProfiledChoice, ProfileRow } from './launch/profiler.ts';
export { GpuBuffer } from './memory/buffer.ts';
export type { MemoryUse } from './memory/pool.ts';
export type { SavedBy } from './memory/saved.ts';
export { scoped } from './memory/scopes.ts';
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
export { lendScratch, refillScratch } from './timing/scratch.ts';
export { median, type TimingOptions, timeInterleaved } from './timing/timing.ts';
export { stayedBusy, WARM_MS, warmUp } from './timing/warm.ts';
export { type TuningEntry, TuningMemo, type TuningTarget } from './tuning/memo.ts';
