/** @file The losses of the paper, each a function of tensors that returns a scalar. */
export { adversarialLoss, hingeFakeLoss, hingeRealLoss } from './adversarial.ts';
export { weakFeatureMatchingLoss } from './featureMatching.ts';
export { gradientPenalty } from './gradientPenalty.ts';
export { identityLoss } from './identity.ts';
export { reconstructionLoss, truthLoss } from './reconstruction.ts';
