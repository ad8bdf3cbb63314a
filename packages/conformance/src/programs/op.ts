import type { Tensor } from '@visage/tensor';
import type { StepArgs } from '../golden/programArgs.ts';

/** How Visage computes a step of a program, from its inputs in the order of the file. */
export type StepOp = (x: Inputs, args: StepArgs) => Tensor;

/** As many as the op takes. */
export type Inputs = readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, ...Tensor[]];
