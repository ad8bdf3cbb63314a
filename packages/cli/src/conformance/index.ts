/** @file Golden files against the current device. Nothing here imports Node, so that a browser runs it too. */
export { type GoldenCase, type GoldenFile, type GoldenTensor, goldenFile } from './golden.ts';
export { type CaseReport, type RunOptions, runGoldenFile } from './run.ts';
export { conformanceTable } from './table.ts';
export { type Tolerance, toleranceOf } from './tolerance.ts';
