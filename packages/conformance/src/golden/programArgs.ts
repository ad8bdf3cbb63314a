/** @file What a golden file says of a program of several ops. */
import type { Conv2dOptions, ResizeMode } from '@visage/tensor';
import type { GoldenCase } from './golden.ts';

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

/** Largest errors by result, `y`, `d_<input>` and `d_d_<input>`. */
type Limits = Readonly<Record<string, number>>;

/** The arguments of a program's case. */
export interface ProgramArgs {
  readonly steps: readonly {
    readonly op: string;
    readonly in: readonly string[];
    readonly args: StepArgs;
    readonly out: string;
  }[];
  /** Where there are none for mixed precision, the program needs the range of f32 and runs in it. */
  readonly limits: { readonly f32: Limits; readonly mixed?: Limits };
  /**
   * The inputs have NaN and infinities: the results must have them where PyTorch's have, `exact` or each in place of
   * any other, `alike`.
   */
  readonly special?: 'exact' | 'alike';
}

/** The arguments of a case that is a program. */
export const programArgs = (golden: GoldenCase): ProgramArgs => golden.args as unknown as ProgramArgs;
