/** @file The systems that the paper compares itself with. */
export { DeepFakes, type DeepFakesConfig, originalDeepFakes, type Person } from './deepfakes/network.ts';
export {
  type DeepFakesRecipe,
  DeepFakesTrainer,
  type DeepFakesTrainerOptions,
  originalDeepFakesRecipe,
} from './deepfakes/trainer.ts';
export { drawWarps, originalWarp, type WarpSettings, type Warps, warpPair } from './deepfakes/warp.ts';
export { AeiNet, type AeiNetConfig, publishedAeiNet } from './faceshifter/aeiNet.ts';
export { type AeiLosses, AeiTrainer, type AeiTrainerOptions } from './faceshifter/aeiTrainer.ts';
export { FaceShifter, type FaceShifterNetworks } from './faceshifter/faceShifter.ts';
export { HearNet, type HearNetConfig, publishedHearNet } from './faceshifter/hearNet.ts';
export { type HearLosses, HearTrainer, type HearTrainerOptions } from './faceshifter/hearTrainer.ts';
export { attributeLoss } from './faceshifter/losses.ts';
export { drawOccluders, occlude, occluderNumbers } from './faceshifter/occluders.ts';
export { type FaceShifterRecipe, faceShifterPaper } from './faceshifter/recipe.ts';
export { sampleImages } from './sampleImages.ts';
