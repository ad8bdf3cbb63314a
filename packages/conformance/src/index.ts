/**
 * @file Compares results of the current device with golden files, which hold PyTorch's inputs and results. Nothing here
 * imports Node, so it also runs in browsers.
 *
 * The rooms, in the order in which they may import each other:
 *
 * - `golden`: reads golden files, converts their layouts, and holds the tolerance of each case.
 * - `programs`: runs random programs of several ops.
 * - `cases`: prepares cases of ops, networks, optimizers and training steps.
 * - `compare`: runs a prepared case and compares its results with the expected ones.
 */
export { aligned } from './aligned.ts';
export { preparerOf } from './cases/registry.ts';
export { atActivations, keepActivations } from './compare/activations.ts';
export { compare } from './compare/compare.ts';
export { type HostValues, readBack } from './compare/eager.ts';
export { columnErrors, sameBits } from './compare/measure.ts';
export { CaseTensors, type GoldenCase, type GoldenFile, type GoldenTensor, goldenFile } from './golden/golden.ts';
export { hashed } from './golden/hashed.ts';
export type { Computed, Prepared, Preparer } from './golden/prepared.ts';
export type { ProgramArgs } from './golden/programArgs.ts';
export { type Tolerance, toleranceOf } from './golden/tolerance.ts';
export { programCase } from './programs/program.ts';
export { type CaseReport, type RunOptions, runGoldenFile } from './run.ts';
export { conformanceTable } from './table.ts';
