/**
 * @file Training runs of SimSwap in a folder: settings, data sets, the run itself, its measurements and reports; and
 * the comparison with other systems.
 */
export { type ComparisonResult, comparisonTable, runsTable } from './compare/report.ts';
export { type ComparisonOptions, compareSystems } from './compare/run.ts';
export { type DataSet, describeDataSet, openDataSet } from './data/dataSet.ts';
export { FolderPairs, type FolderPairsOptions } from './data/folderPairs.ts';
export { type BadPicture, Pictures } from './data/pictures.ts';
export { type AnswerName, type EvaluationOptions, SwapEvaluation } from './evaluation/evaluate.ts';
export { aboutPeople, firstOf, type PeopleSet } from './evaluation/people.ts';
export { scoreTable } from './evaluation/scores.ts';
export { builtInWeights } from './networks/builtIn.ts';
export { type FeatureNetworkFile, loadFeatureNetwork, loadIdentityNetwork } from './networks/load.ts';
export { type MeasuredIdentity, measuredIdentity } from './networks/measured.ts';
export { drawLabel, SOURCE_TYPE, writeMarkedPng } from './provenance/mark.ts';
export { type Chart, type Picture, pageStyle, type Report, reportPage, type Table } from './report/page.ts';
export {
  type FigurePage,
  figurePage,
  type Scatter,
  type ScatterAxis,
  type ScatterPoint,
  scatterSvg,
} from './report/scatter.ts';
export { type Spread, spreadOf, withSpread } from './report/spread.ts';
export { adapterLine, duration } from './report/text.ts';
export { checkNobodyTrains, emptyRunFolder } from './runs/lock.ts';
export { type LogLine, logLines, readLog, TrainingLog } from './runs/log.ts';
export type { RunObserver, RunProgress } from './runs/observer.ts';
export { measuredRun, newRun, type ResumeChanges, resumedRun, type TrainingRun } from './runs/open.ts';
export { type Outcome, RunFolder } from './runs/runFolder.ts';
export { type Preset, presetFor, presets, type Rates, tiny } from './settings/presets.ts';
export { knownRecipes, recipeNamed } from './settings/recipes.ts';
export {
  type Changes,
  describeDiscriminator,
  describeRecipe,
  newSettings,
  notesOf,
  type RunSettings,
  resumedSettings,
  trainingLevel,
} from './settings/settings.ts';
