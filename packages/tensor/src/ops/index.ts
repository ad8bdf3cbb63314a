/** @file Every op, by family. */

export { type AdainOptions, adain } from './adain.ts';
export * from './arithmetic.ts';
export { type BatchNormOptions, batchNorm } from './batchNorm.ts';
export { type ConvTranspose2dOptions, conv2d, convTranspose2d } from './conv2d.ts';
export type { Conv2dOptions, PaddingMode } from './convGeometry.ts';
export * from './create.ts';
export { instanceNorm } from './instanceNorm.ts';
export { linear, type MatmulOptions, matmul } from './matmul.ts';
export { pad2d } from './pad.ts';
export * from './reduce.ts';
export { type ResizeMode, resize, type Size } from './resize.ts';
export * from './shape.ts';
export * from './unary.ts';
export { pixelShuffle } from './pixelShuffle.ts';
export { avgPool2d, type AvgPoolOptions, maxPool2d, type PoolOptions } from './pool.ts';
