import type { Conv2dOptions, ResizeMode, Tensor } from '@visage/tensor';

/** The arguments that steps of programs take; which ones a step has depends on its op. */
export interface StepArgs extends Omit<Conv2dOptions, 'activation'> {
  readonly activation?: Conv2dOptions['activation'];
  /** A number as an operand of arithmetic, on the side that the name says. */
  readonly left?: number;
  readonly right?: number;
  readonly low: number;
  readonly high: number;
  readonly value: number;
  readonly slope: number;
  readonly weights: readonly number[];
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
  readonly axis: number;
  readonly shape: readonly number[];
  readonly order: readonly number[];
  readonly start: number;
  readonly end: number;
  readonly before: number;
  readonly after: number;
  readonly count: number;
  readonly classes: number;
  readonly kernel: number;
  readonly countIncludePad: boolean;
  readonly factor: number;
  readonly size: readonly [number, number];
  readonly mode: ResizeMode;
  readonly alignCorners: boolean;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly eps: number;
  readonly relu: boolean;
  readonly train: boolean;
  readonly scale: number;
  readonly margin: number;
  readonly easyMargin: boolean;
  readonly shortcut: boolean;
  readonly gate: boolean;
  readonly last: boolean;
}

/** How Visage computes a step of a program, from its inputs in the order of the file. */
export type StepOp = (x: Inputs, args: StepArgs) => Tensor;

/** As many as the op takes. */
export type Inputs = readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, ...Tensor[]];
