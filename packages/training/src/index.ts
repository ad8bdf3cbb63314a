/**
 * @file Training runs of SimSwap in a folder, their reports, and the comparison with other face swappers.
 *
 * The rooms, in the order in which they may import each other:
 *
 * - `settings`: the presets, the recipes by name, and the settings of a run.
 * - `data`: data sets on the disk and the pairs of pictures that are drawn from them.
 * - `networks`: loads pretrained identity and feature networks.
 * - `evaluation`: measures a swapper on procedural people whose exact swaps are known.
 * - `report`: HTML pages, diagrams, and numbers in words.
 * - `runs`: a training run in its folder, with its log, checkpoints, samples and report.
 * - `readers`: trainings of networks that read faces, in folders too.
 * - `compare`: trains SimSwap, FaceShifter and DeepFakes with the same budget and measures them alike.
 */
export { type ComparisonResult, comparisonTable, runsTable } from './compare/report.ts';
export { type ComparisonOptions, compareSystems } from './compare/run.ts';
export { type DataPerson, type DataSet, describeDataSet, openDataSet } from './data/dataSet.ts';
export { PictureLabels, type PictureLabelsOptions } from './data/pictureLabels.ts';
export { PicturePairs, type PicturePairsOptions } from './data/picturePairs.ts';
export { type BadPicture, Pictures, type PicturesOptions } from './data/pictures.ts';
export { type DataSplit, describeSplit, splitPeople } from './data/split.ts';
export { type CropMask, changedOutside } from './evaluation/changedOutside.ts';
export { type AnswerName, type EvaluationOptions, SwapEvaluation } from './evaluation/evaluate.ts';
export { HeldOutEvaluation, type HeldOutOptions, type PhotoAnswer, type PhotoScores } from './evaluation/heldOut.ts';
export { aboutPeople, firstOf, type PeopleSet } from './evaluation/people.ts';
export {
  type OwnIdentity,
  type PortraitMeans,
  type PortraitScores,
  portraitScores,
  portraitTables,
} from './evaluation/portraitScores.ts';
export { PortraitSheet } from './evaluation/portraitSheet.ts';
export {
  measurePortraits,
  type Photograph,
  type PortraitAnswer,
  type PortraitFinder,
  type PortraitMeasurement,
  type PortraitOptions,
  type PortraitSwap,
  pairsByTarget,
} from './evaluation/portraitSwaps.ts';
export {
  descriptorRows,
  embeddingRows,
  type FoundPerson,
  findPeople,
  type RealFace,
  type RealFaceOptions,
  type RealFaceScores,
  realFaceScores,
  realFacesOf,
} from './evaluation/realFaces.ts';
export { photoTable, scoreTable } from './evaluation/scores.ts';
export { type ToldApart, toldApart } from './evaluation/toldApart.ts';
export { builtInIdentity, builtInJudge, builtInWeights } from './networks/builtIn.ts';
export {
  type FeatureNetworkFile,
  loadFaces,
  loadFeatureNetwork,
  loadIdentityNetwork,
  loadParsingNetwork,
} from './networks/load.ts';
export { type MeasuredIdentity, measuredIdentity } from './networks/measured.ts';
export { judgeOf, PhotoJudge } from './networks/photoJudge.ts';
export { figureRows, ReaderFolder, type ReaderOutcome, type ReaderScores } from './readers/folder.ts';
export type { ReaderFigures, ReaderKind, ReaderParts, ReaderPreset } from './readers/kind.ts';
export { readerKinds } from './readers/kinds.ts';
export {
  newReaderRun,
  newReaderSettings,
  type ReaderRun,
  type ReaderRunChanges,
  readerPresetFor,
  resumedReaderRun,
  weightsOf,
} from './readers/open.ts';
export {
  describeChanges,
  describeFaces,
  describeStage,
  hasMargins,
  levelOf,
  type ReaderName,
  type ReaderSettings,
  readerNames,
  readerSteps,
} from './readers/settings.ts';
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
export { type MeasurePhotosOptions, measurePhotos } from './runs/measurePhotos.ts';
export type { RunObserver, RunProgress } from './runs/observer.ts';
export {
  type Exchanging,
  measuredRun,
  newRun,
  type ResumeChanges,
  resumedRun,
  type TrainingRun,
} from './runs/open.ts';
export { pictureOfSwap, type SwapShown } from './runs/pictureOfSwap.ts';
export type { PhotoFigures } from './runs/results.ts';
export { type Outcome, RunFolder } from './runs/runFolder.ts';
export { shippedSwap } from './runs/shipped.ts';
export { logPage, shortLog } from './runs/shortLog.ts';
export type { OpenedData } from './runs/sources.ts';
export type { FolderOutcome } from './runs/trainingFolder.ts';
export { type Preset, portrait, presetFor, presets, type Rates, tiny } from './settings/presets.ts';
export { knownRecipes, recipeNamed } from './settings/recipes.ts';
export {
  type Changes,
  type DataChoice,
  describeData,
  describeDiscriminator,
  describeRecipe,
  newSettings,
  notesOf,
  type RunSettings,
  resumedSettings,
  trainedOnPictures,
  trainingLevel,
} from './settings/settings.ts';
