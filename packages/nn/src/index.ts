/**
 * @file Modules, optimizers and weight files. The rooms in import order:
 *
 * - `core/`: modules with named parameters, initialisers, random numbers, and how tensors lie in PyTorch's files.
 * - `layers/`: convolutions, linear layers, norms and sequences of them.
 * - `optim/`: Adam, SGD, learning rate schedules, gradient clipping and scaling, and the moving average of weights.
 * - `files/`: safetensors and checkpoints, read and written; PyTorch's `.pth`, read; ONNX, written.
 */
export { kaimingUniform, normal, seeded, uniform, xavierNormal } from './core/initialisers.ts';
export { fromFileOrder, type Layout, toFileOrder } from './core/layouts.ts';
export { Layer, Module, ModuleList, type StateEntry } from './core/module.ts';
export { HostRandom, philox } from './core/random.ts';
export {
  type CheckpointGroups,
  type CheckpointOptions,
  checkpointState,
  liveCheckpoint,
  restoreCheckpoint,
  saveCheckpoint,
  snapshotCheckpoint,
} from './files/checkpoint.ts';
export { CheckpointContent, type TakeBytes } from './files/content.ts';
export { crc32 } from './files/crc32.ts';
export { floatsFromBfloat, floatsFromHalf, halfFromFloats, halfWeights } from './files/half.ts';
export { type FileDType, FileError, ofFile } from './files/header.ts';
export { type InflateOptions, inflate } from './files/inflate.ts';
export { type Attribute, type Extent, type GraphValue, OnnxGraph } from './files/onnx/graph.ts';
export {
  batchNormNode,
  type ConvNodeOptions,
  channelAffineNode,
  convNode,
  linearNode,
  preluNode,
  reflectPadNode,
} from './files/onnx/layers.ts';
export { type GraphWeight, writeOnnx } from './files/onnx/write.ts';
export { isPth, readPth } from './files/pth/read.ts';
export {
  FileTensor,
  type HostTensor,
  type PassedOver,
  readSafetensors,
  type SafetensorsFile,
  type WeightFile,
  writeSafetensors,
} from './files/safetensors.ts';
export {
  buildFor,
  type LoadOptions,
  loadModule,
  type NetworkDescription,
  networkDescription,
  type SaveOptions,
  saveModule,
} from './files/weights.ts';
export { type Affine, affineOf, BatchNorm1d, BatchNorm2d, type BatchNormLayerOptions } from './layers/batchNorm.ts';
export { Conv2d, type ConvLayerOptions, ConvTranspose2d, type ConvTransposeLayerOptions } from './layers/conv.ts';
export { Linear, type LinearLayerOptions } from './layers/linear.ts';
export { PReLU } from './layers/prelu.ts';
export { type LeakyStep, leaky, Sequential, type Step } from './layers/sequential.ts';
export { powerIteration, SpectralConv2d, type SpectralNormOptions } from './layers/spectralNorm.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { type ClippedGradients, clampGradients, clipGradientNorm } from './optim/clip.ts';
export { copyInto } from './optim/copy.ts';
export { ExponentialMovingAverage } from './optim/ema.ts';
export { type NamedParameters, Optimizer } from './optim/optimizer.ts';
export { GradScaler, type GradScalerOptions } from './optim/scaler.ts';
export {
  constantSchedule,
  cosineSchedule,
  type DecayOptions,
  polynomialSchedule,
  type Schedule,
  type ScheduleOptions,
  stepSchedule,
} from './optim/schedules.ts';
export { Sgd, type SgdOptions } from './optim/sgd.ts';
export type { Scaling } from './optim/update.ts';
