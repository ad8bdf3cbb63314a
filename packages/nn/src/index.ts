export { kaimingUniform, normal, seeded, uniform, xavierNormal } from './initialisers.ts';
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './layers/batchNorm.ts';
export { Conv2d, type Conv2dOptions, ConvTranspose2d } from './layers/conv.ts';
export { Linear, type LinearOptions } from './layers/linear.ts';
export { PReLU } from './layers/prelu.ts';
export { Sequential, type Step } from './layers/sequential.ts';
export type { Layout } from './layouts.ts';
export { Layer, Module, ModuleList, type StateEntry } from './module.ts';
export { HostRandom } from './random.ts';
