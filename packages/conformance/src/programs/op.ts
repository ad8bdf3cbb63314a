import type { Tensor } from '@visage/tensor';
import type { StepArgs } from '../golden/programArgs.ts';

/** Computes a step of a program from its inputs, in the order of the file. */
export type StepOp = (x: Inputs, args: StepArgs) => Tensor;

/** The inputs of a step; each op reads only as many as it takes. */
export type Inputs = readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, ...Tensor[]];
