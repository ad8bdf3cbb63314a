/** @file Every op, by family. */
export * from './arithmetic.ts';
export * from './create.ts';
export * from './reduce.ts';
export * from './shape.ts';
export * from './unary.ts';
