/** @file The arguments of a program of several ops in a golden file. */
import type { Conv2dOptions, ResizeMode } from '@visage/tensor';
import type { GoldenCase } from './golden.ts';

/** The arguments of steps in programs; which of them a step has depends on its op. */
export interface StepArgs extends Omit<Conv2dOptions, 'activation'> {
  readonly activation?: Conv2dOptions['activation'];
  /** A number that is the left or the right operand of an arithmetic op. */
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

/** The largest accepted errors of the results `y`, `d_<input>` and `d_d_<input>`. */
type Limits = Readonly<Record<string, number>>;

/** The arguments of a program's case. */
export interface ProgramArgs {
  readonly steps: readonly {
    readonly op: string;
    readonly in: readonly string[];
    readonly args: StepArgs;
    readonly out: string;
  }[];
  /**
   * The limits in each precision. A program without limits for mixed precision needs the range of f32 and always runs
   * in it.
   */
  readonly limits: { readonly f32: Limits; readonly mixed?: Limits };
  /**
   * Set if the inputs contain NaN and infinities. Results must then have NaN or infinities in the same places as
   * PyTorch's: the same values with `exact`, any of them with `alike`.
   */
  readonly special?: 'exact' | 'alike';
}

/** Returns the arguments of a case that is a program. */
export const programArgs = (golden: GoldenCase): ProgramArgs => golden.args as unknown as ProgramArgs;
