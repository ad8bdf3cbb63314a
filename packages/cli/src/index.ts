/**
 * @file The command line `visage`. The folders in import order:
 *
 * - `terminal/`: what several commands share: options, the device, progress, interruption and error messages.
 * - `kernel/`: the ops, launches and listings behind `visage kernel`.
 * - `photos/`: what the commands do with photographs.
 * - `commands/`: one file for each sub-command; `program.ts` puts them together, and `main.ts` runs the program.
 */
export { createProgram } from './program.ts';
export { reportFailure } from './terminal/failure.ts';
export { integer } from './terminal/options.ts';
export { computedPrecisions } from './terminal/precision.ts';
export { onRanks, tellJob } from './terminal/ranks.ts';
