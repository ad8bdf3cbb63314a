/** @file Every op, by family. */
export * from './arithmetic.ts';
export { type ConvTranspose2dOptions, conv2d, convTranspose2d } from './conv2d.ts';
export type { Conv2dOptions, PaddingMode } from './convGeometry.ts';
export * from './create.ts';
export { linear, type MatmulOptions, matmul } from './matmul.ts';
export { pad2d } from './pad.ts';
export * from './reduce.ts';
export * from './shape.ts';
export * from './unary.ts';
export { adain, type AdainOptions } from './adain.ts';
export { batchNorm, type BatchNormOptions } from './batchNorm.ts';
export { instanceNorm } from './instanceNorm.ts';
