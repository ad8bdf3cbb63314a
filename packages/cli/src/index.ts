export { createProgram } from './program.ts';
export { reportFailure } from './terminal/failure.ts';
export { integer } from './terminal/options.ts';
export { computedPrecisions } from './terminal/precision.ts';
