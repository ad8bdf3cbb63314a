/** @file Every op, by family. */

export type { Activation } from './activation.ts';
export { type AdainOptions, adain } from './adain.ts';
export * from './arithmetic.ts';
export { type BatchNormOptions, batchNorm } from './batchNorm.ts';
export { cast } from './cast.ts';
export { type ConvTranspose2dOptions, conv2d, convTranspose2d } from './conv2d.ts';
export type { Conv2dOptions, PaddingMode } from './convGeometry.ts';
export * from './create.ts';
export { gatherRows, oneHot, sumRows } from './indexing.ts';
export { instanceNorm } from './instanceNorm.ts';
export { hingeFake, hingeGenerator, hingeReal, l1Loss, mseLoss } from './loss.ts';
export { type ArcMarginOptions, arcMargin, cosMargin, type MarginOptions } from './margin.ts';
export { linear, type MatmulOptions, matmul } from './matmul.ts';
export { type MeanOf, meanOf } from './meanOf.ts';
export { pad2d } from './pad.ts';
export { pixelShuffle } from './pixelShuffle.ts';
export { type AvgPoolOptions, avgPool2d, maxPool2d, type PoolOptions } from './pool.ts';
export * from './reduce.ts';
export { type ResizeMode, resize, type Size } from './resize.ts';
export { fileRow } from './ring.ts';
export * from './shape.ts';
export { cosineSimilarity, l2Normalize } from './similarity.ts';
export { crossEntropy, logSoftmax, softmax } from './softmax.ts';
export { type SqueezeGate, squeezeExcitation } from './squeezeExcitation.ts';
export { translate } from './translate.ts';
export * from './unary.ts';
export { unitNormPenalty } from './unitNorm.ts';
