export * from './conformance/index.ts';
export { createProgram } from './program.ts';
export { drawLabel, SOURCE_TYPE, writeMarkedPng } from './provenance/mark.ts';
export {
  builtInWeights,
  type FeatureNetworkFile,
  loadFeatureNetwork,
  loadIdentityNetwork,
} from './training/weights.ts';
