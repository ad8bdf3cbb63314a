/** @file Chooses the texts by which a multiply reads A and B; kernels/gemm/README.md says what they define. */
import {
  gemmLoadRows,
  gemmLoadRowsScalar,
  gemmLoadTransposed,
  gemmLoadTransposedFour,
  gemmLoadTransposedWide,
  gemmWalkPairs,
  gemmWalkPlain,
  gemmWalkRuns,
  gemmWalkTaps,
} from '@visage/kernels';
import type { GemmProblem, GemmType } from './problem.ts';

/** The texts, aliases and constants by which a multiply reads one operand. */
export interface Loader {
  readonly parts: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly constants: Readonly<Record<string, number | boolean>>;
}

type VectorWidth = 8 | 4 | 1;

/**
 * WGSL types of what one load reads from memory, and of what it gives to the multiply: f32 values, but eight f16 stay
 * packed.
 */
function types(width: VectorWidth, type: GemmType): readonly [stored: string, loaded: string] {
  if (width === 8) return ['vec4u', 'vec4u'];
  return [width === 4 ? `vec4<${type}>` : type, 'vec4f'];
}

/** Values that one load reads, of `run` contiguous ones. */
const vectorWidth = (run: number, wide: boolean): VectorWidth => (wide && run % 8 === 0 ? 8 : run % 4 === 0 ? 4 : 1);

/** The loader of A. `wide` multiplies take eight f16 at a time and step along k by `kStep`. */
export function loaderOfA(problem: GemmProblem, wide: boolean, kStep: number): Loader {
  const { runA = 4, operands = 'f32', loaderA, aContiguousAlong, imageWalk } = problem;
  const width = vectorWidth(runA, wide);
  const [StoredA, LoadedA] = types(width, operands);
  return {
    parts: wide ? [...loaderA, walkOver(width, imageWalk, runA % kStep === 0)] : loaderA,
    aliases: { StoredA, LoadedA },
    constants: { WIDTH_A: Math.max(4, width), ...(wide ? { A_BY_K: aContiguousAlong === 'k' } : {}) },
  };
}

/**
 * How a multiply that takes eight f16 at a time goes through A. `wholeSteps`: no step along k crosses from one tap to
 * the next.
 */
function walkOver(width: VectorWidth, walk: GemmProblem['imageWalk'], wholeSteps: boolean): string {
  if (width < 8) return gemmWalkPairs;
  if (walk === 'byTap') return gemmWalkTaps;
  return walk === 'byPixel' && wholeSteps ? gemmWalkRuns : gemmWalkPlain;
}

/**
 * The loader of B. A transposed B is read as it lies if the multiply `readsTransposed`, by eight f16 or, `foursAlongK`,
 * by four values where they fit; else b holds rows.
 */
export function loaderOfB(problem: GemmProblem, wide: boolean, readsTransposed: boolean, foursAlongK: boolean): Loader {
  const { transposedB, n, operands = 'f32' } = problem;
  if (transposedB && foursAlongK && transposedB.inner % 4 === 0) {
    const [StoredB, LoadedB] = types(4, operands);
    const constants = { INNER: transposedB.inner, B_BY_N: false };
    return { parts: [gemmLoadTransposedFour], aliases: { StoredB, LoadedB }, constants };
  }
  const order: Loader['constants'] = wide || foursAlongK ? { B_BY_N: true } : {};
  if (transposedB && readsTransposed) {
    const width = wide && transposedB.inner % 8 === 0 ? 8 : 1;
    const [StoredB, LoadedB] = types(width, operands);
    return {
      parts: [width === 8 ? gemmLoadTransposedWide : gemmLoadTransposed],
      aliases: { StoredB, LoadedB },
      constants: {
        INNER: transposedB.inner,
        ...order,
        ...(wide ? { WIDTH_B: Math.max(4, width), B_BY_N: width === 1 } : {}),
      },
    };
  }
  const width = vectorWidth(n, wide);
  const [StoredB, LoadedB] = types(width, operands);
  return {
    parts: [width === 1 ? gemmLoadRowsScalar : gemmLoadRows],
    aliases: { StoredB, LoadedB },
    constants: { WIDTH_B: Math.max(4, width), ...order },
  };
}
