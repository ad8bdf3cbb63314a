export * from './conformance/index.ts';
export { createProgram } from './program.ts';
