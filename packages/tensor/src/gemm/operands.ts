import {
  gemmLoadAcross,
  gemmLoadAcrossWide,
  gemmLoadRows,
  gemmLoadRowsScalar,
  gemmWalkPairs,
  gemmWalkPlain,
  gemmWalkRuns,
  gemmWalkTaps,
} from '@visage/kernels';
import type { GemmProblem, GemmType } from './problem.ts';

/** The texts, aliases and constants by which a multiply reads its operands. */
export interface Loaders {
  readonly parts: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly constants: Readonly<Record<string, number | boolean>>;
}

/** WGSL of what one load of `width` values reads from memory, and what it hands to the multiply. Eight are halves and stay packed. */
function types(width: 8 | 4 | 1, type: GemmType): readonly [stored: string, loaded: string] {
  if (width === 8) return ['vec4u', 'vec4u'];
  return [width === 4 ? `vec4<${type}>` : type, 'vec4f'];
}

const widthOf = (run: number, wide: boolean): 8 | 4 | 1 => (wide && run % 8 === 0 ? 8 : run % 4 === 0 ? 4 : 1);

/** The loader of A. `wide` multiplies take eight halves at a time; they walk k in steps of `kStep`. */
export function loaderOfA(problem: GemmProblem, wide: boolean, kStep: number): Loaders {
  const { runA = 4, operands = 'f32', loaderA, aContiguousAlong, imageWalk } = problem;
  const width = widthOf(runA, wide);
  const [StoredA, LoadedA] = types(width, operands);
  return {
    parts: wide ? [...loaderA, walkOver(width, imageWalk, runA % kStep === 0)] : loaderA,
    aliases: { StoredA, LoadedA },
    constants: { WIDE_A: Math.max(4, width), ...(wide ? { A_BY_K: aContiguousAlong === 'k' } : {}) },
  };
}

/** How a multiply that takes eight halves walks over A; see kernels/gemm/README.md. */
function walkOver(width: 8 | 4 | 1, walk: GemmProblem['imageWalk'], wholeSteps: boolean): string {
  if (width < 8) return gemmWalkPairs;
  if (walk === 'byTap') return gemmWalkTaps;
  return walk === 'byPixel' && wholeSteps ? gemmWalkRuns : gemmWalkPlain;
}

/** The loader of B. A `wide` multiply reads one that is stored across as it lies, in eights where they fit; others may `readAcross`, or get rows. */
export function loaderOfB(problem: GemmProblem, wide: boolean, readAcross: boolean): Loaders {
  const { across, n, operands = 'f32' } = problem;
  if (across && readAcross) {
    const width = wide && across.inner % 8 === 0 ? 8 : 1;
    const [StoredB, LoadedB] = types(width, operands);
    return {
      parts: [width === 8 ? gemmLoadAcrossWide : gemmLoadAcross],
      aliases: { StoredB, LoadedB },
      constants: { INNER: across.inner, ...(wide ? { WIDE_B: Math.max(4, width), B_BY_N: width === 1 } : {}) },
    };
  }
  const width = widthOf(n, wide);
  const [StoredB, LoadedB] = types(width, operands);
  return {
    parts: [width === 1 ? gemmLoadRowsScalar : gemmLoadRows],
    aliases: { StoredB, LoadedB },
    constants: { WIDE_B: Math.max(4, width), ...(wide ? { B_BY_N: true } : {}) },
  };
}
