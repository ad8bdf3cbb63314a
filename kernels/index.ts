/** @file The hand-written WGSL of Visage, one export per file. Each text is valid WGSL behind the prelude that its header describes. */
export { default as pointwiseMap } from './pointwise/map.wgsl';
export { default as reduceStrided } from './reduce/strided.wgsl';
export { default as shapeGather } from './shape/gather.wgsl';
export { default as shapePlace } from './shape/place.wgsl';
