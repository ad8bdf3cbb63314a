export * from './conformance/index.ts';
export { createProgram } from './program.ts';
export { drawLabel, SOURCE_TYPE, writeMarkedPng } from './provenance/mark.ts';
export { builtInWeights, loadIdentityNetwork } from './training/weights.ts';
