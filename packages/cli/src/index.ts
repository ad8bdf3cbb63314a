export * from './conformance/index.ts';
export { createProgram } from './program.ts';
export { drawLabel, SOURCE_TYPE, writeMarkedPng } from './provenance/mark.ts';
export {
  type FigurePage,
  figurePage,
  type Scatter,
  type ScatterAxis,
  type ScatterPoint,
  scatterSvg,
} from './report/scatter.ts';
export { type Spread, spreadOf, withSpread } from './report/spread.ts';
export { type EvaluationOptions, SwapEvaluation } from './training/evaluate.ts';
export { newRun, type TrainingRun } from './training/open.ts';
export { aboutPeople, firstOf, type PeopleSet } from './training/people.ts';
export { type Preset, presets, type Rates } from './training/presets.ts';
export { type Changes, describeDiscriminator, newSettings, type RunSettings } from './training/settings.ts';
export {
  builtInWeights,
  type FeatureNetworkFile,
  loadFeatureNetwork,
  loadIdentityNetwork,
} from './training/weights.ts';
