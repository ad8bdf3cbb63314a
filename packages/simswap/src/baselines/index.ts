/** @file The systems that the paper compares itself with. */
export { DeepFakes, type DeepFakesConfig, originalDeepFakes, type Person } from './deepfakes/network.ts';
export { AeiNet, type AeiNetConfig, publishedAeiNet } from './faceshifter/aeiNet.ts';
export { HearNet, type HearNetConfig, publishedHearNet } from './faceshifter/hearNet.ts';
export { sampleImages } from './sampleImages.ts';
