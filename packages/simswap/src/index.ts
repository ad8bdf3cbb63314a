/**
 * @file SimSwap: networks, losses, recipes, trainer, swapper and the systems that it is compared with. The rooms in
 * import order:
 *
 * - `core/`: recipes, which say how SimSwap is trained, and the precisions, recordings and batches that all other rooms
 *   use.
 * - `networks/`: generator, discriminators and identity networks, and their forms with folded batch norms.
 * - `losses/`: the losses of the paper, each a function of tensors that returns a scalar.
 * - `swap/`: the swapper, and the pipelines in which published generators run.
 * - `files/`: checkpoints, import of PyTorch's weights, export to safetensors and ONNX.
 * - `training/`: a training step in its phases, and the trainer that records and replays it.
 * - `readers/`: networks that read something off a face (whose it is, what each pixel shows), and how they are trained.
 * - `baselines/`: DeepFakes and FaceShifter, with trainers of their own.
 */
export * from './baselines/index.ts';
export { inBatches, joined, ROWS_AT_ONCE } from './core/inBatches.ts';
export {
  type Change,
  changesPictures,
  noPictureChanges,
  occurs,
  type PictureChanges,
} from './core/pictureChanges.ts';
export { inPrecision, type Precision, precisions } from './core/precision.ts';
export { readRecipe } from './core/readRecipe.ts';
export type {
  AdamNumbers,
  Augmentation,
  IdentityResize,
  LossWeights,
  PairKind,
  Recipe,
} from './core/recipe.ts';
export { changedRecipe, parseRecipeField, type RecipeChanges, recipePaths, recipeValue } from './core/recipeChanges.ts';
export { ablation, paper, recipes, released2021, released2021Paper, train2022, truth } from './core/recipes.ts';
export { Recordings } from './core/recordings.ts';
export { alone, checkShard, ownRows, rowsOfAll, type Shard } from './core/shard.ts';
export {
  type CheckpointHeader,
  type LoadSwapperOptions,
  loadSwapper,
  type NetworkConfigs,
  readCheckpointHeader,
  simswapArchitecture,
  swapImageSize,
  swapPipeline,
} from './files/checkpoint.ts';
export {
  type CheckpointNetwork,
  checkpointNetworks,
  type ExportableNetwork,
  exportable,
  exportOnnx,
  exportSafetensors,
} from './files/export.ts';
export { type ImportedNetwork, importedFile, importNetwork, importProblem } from './files/import.ts';
export { type ImportKind, importKinds } from './files/kinds.ts';
export type { Match } from './files/match.ts';
export { networkGraph } from './files/networks.ts';
export * from './losses/index.ts';
export { ArcFace, publishedArcFace } from './networks/arcface.ts';
export { type ColorSpace, fromUnit, toUnit } from './networks/colorSpace.ts';
export { DiscriminatorNetwork, type FeatureMaps, type PatchOutput } from './networks/discriminator.ts';
export {
  EfficientNetClassifier,
  type EfficientNetClassifierConfig,
  type EfficientNetConfig,
  EfficientNetLite,
  publishedEfficientNet,
} from './networks/efficientNet.ts';
export { Generator, type GeneratorConfig, publishedGenerator } from './networks/generator.ts';
export { IdBlock } from './networks/idBlock.ts';
export { type IdentityConfig, IdentityNetwork } from './networks/identity.ts';
export { IResNet, publishedIResNet } from './networks/iresnet.ts';
export {
  type LandmarkConfig,
  LandmarkNetwork,
  landmarkArchitecture,
  readLandmarkConfig,
} from './networks/landmarkNetwork.ts';
export { arcFaceMargin, cosFaceMargin, type MarginConfig, MarginHead } from './networks/marginHeads.ts';
export {
  type ParsingConfig,
  ParsingNetwork,
  parsingArchitecture,
  readParsingConfig,
} from './networks/parsingNetwork.ts';
export {
  Discriminator,
  type DiscriminatorConfig,
  PatchDiscriminator,
  publishedDiscriminator,
} from './networks/patchDiscriminator.ts';
export {
  type ProjectedConfig,
  ProjectedDiscriminator,
  publishedProjected,
} from './networks/projectedDiscriminator.ts';
export { RandomProjection } from './networks/projection.ts';
export {
  type AnyDiscriminatorConfig,
  buildDiscriminator,
  buildIdentityNetwork,
  readDiscriminatorConfig,
  readEfficientNetConfig,
  readGeneratorConfig,
  readIdentityConfig,
} from './networks/read.ts';
export { disguised, softened } from './readers/attack.ts';
export { changeFaces, changeMaps, changePoints } from './readers/changeFaces.ts';
export { FACE_CHANGE_ROW, faceChangeRows } from './readers/faceChangeRows.ts';
export {
  type FaceChanges,
  faceChangePaths,
  noChanges,
  parseFaceChanges,
  photographChanges,
  readFaceChanges,
} from './readers/faceChanges.ts';
export { IdentityTask } from './readers/identityTask.ts';
export { LandmarkTask } from './readers/landmarkTask.ts';
export { likenessLoss, type PeopleShapes } from './readers/likeness.ts';
export { mixStyle } from './readers/mixStyle.ts';
export { ParsingTask } from './readers/parsingTask.ts';
export { ibugPoints, namedPoints, type PointScheme, pointSchemeOf } from './readers/pointSchemes.ts';
export { ProceduralMaps, ProceduralPoints } from './readers/proceduralLabels.ts';
export {
  type ReaderOptimizer,
  type ReaderReport,
  type ReaderRunOptions,
  type ReaderTrainerOptions,
  readerOptimizers,
} from './readers/readerOptions.ts';
export { type ReaderState, readerArchitecture, readReaderState } from './readers/readerState.ts';
export { ReaderTrainer } from './readers/readerTrainer.ts';
export {
  checkStages,
  type MarginStage,
  parseStage,
  type ReaderStage,
  readStage,
  stageAt,
  stageExpectations,
  stepsOf,
} from './readers/stage.ts';
export type { ReaderTask } from './readers/task.ts';
export {
  checkPipeline,
  type Pipeline,
  type PipelineName,
  pipelineOf,
  pipelines,
  released224,
  released512,
  trained2022,
} from './swap/pipelines.ts';
export { Swapper, type SwapperOptions } from './swap/swapper.ts';
export { ChangedPairs } from './training/changedPairs.ts';
export { changePictures } from './training/changePictures.ts';
export { PICTURE_CHANGE_ROW, pictureChangeRows } from './training/changeRows.ts';
export {
  CollapseAlarm,
  type CollapseLimits,
  type CollapseReport,
  type CollapseSigns,
  quietStep,
} from './training/collapse.ts';
export type { ImagePairs, TrainingData } from './training/data.ts';
export { shuffledRows } from './training/data.ts';
export { AUGMENTATION_DRAWS, augmentationDraws, diffAugment } from './training/diffAugment.ts';
export { embedPhotos, type PhotoSet } from './training/embedPhotos.ts';
export { NonFiniteLossError } from './training/errors.ts';
export type { ExchangePlan, ExchangeRequest, GradientExchange } from './training/exchange.ts';
export {
  type LabelledData,
  type LabelledPeople,
  type LabelledPictures,
  type LevelShare,
  ProceduralLabels,
  type ProceduralLabelsOptions,
} from './training/labelledData.ts';
export { MixedPairs, type MixPart } from './training/mixedPairs.ts';
export { MixedPrecision, type ScalingReport } from './training/mixedPrecision.ts';
export type { RunOptions, StepReport, TrainerOptions, TrainingTask } from './training/options.ts';
export {
  ProceduralPairs,
  type ProceduralPairsOptions,
} from './training/proceduralPairs.ts';
export {
  applied,
  type Phase,
  type PhaseGradients,
  phasesOf,
  type StepParts,
  type StepResult,
  trainingStep,
} from './training/step.ts';
export { type LossName, lossNames } from './training/terms.ts';
export { Trainer } from './training/trainer.ts';
