/** @file Golden files against the current device. Nothing here imports Node, so that a browser runs it too. */
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
