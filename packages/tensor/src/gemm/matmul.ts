/** @file Matrix product and fully connected layer. */
import { ArgumentError, checkBoolean, checkOptions, type OptionKeys } from '@visage/gpu';
import { gemmLoadDense, gemmLoadDenseOuter, gemmLoadDenseOuterScalar, gemmLoadDenseScalar } from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { checkShape, showShape } from '../core/shape.ts';
import { checkDType, type Tensor } from '../core/tensor.ts';
import { isCastNow } from '../elementwise/autocast.ts';
import { cast } from '../elementwise/cast.ts';
import { transpose } from '../elementwise/shape.ts';
import { biasGradient } from '../elementwise/zeroSum.ts';
import { gemm } from './launch.ts';
import { type GemmProblem, type GemmType, gemmType, operandsOf } from './problem.ts';

export interface MatmulOptions {
  /** a is [K, M]. Default false. */
  readonly transposeA?: boolean;
  /** b is [N, K]. Default false. */
  readonly transposeB?: boolean;
}

const MATMUL_OPTIONS: OptionKeys<MatmulOptions> = { transposeA: true, transposeB: true };

/**
 * Matrix product c = op(a) · op(b), where op transposes if the options say so: c[m, n] = Σₖ op(a)[m, k] · op(b)[k, n].
 *
 * Shapes [M, K] · [K, N] → [M, N], after transposition. The result has the type of a, f32 or f16, whatever the type of
 * b; sums are f32.
 *
 * @throws ArgumentError if an option is unknown or no boolean, if a or b is no matrix of floats, or if their inner
 * extents differ.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  checkOptions('matmul', options, MATMUL_OPTIONS);
  const { transposeA = false, transposeB = false } = options;
  for (const [name, value] of Object.entries({ transposeA, transposeB })) checkBoolean('matmul', name, value);
  checkMatrices(a, b, transposeA, transposeB);
  if (isCastNow(a)) return matmul(cast(a, 'f16'), b, { transposeA, transposeB });
  if (a.dtype === 'f32' && b.dtype === 'f16') return matmul(a, cast(b, 'f32'), { transposeA, transposeB });
  return product(a, b, transposeA, transposeB, gemmType(a));
}

/** op(a) · op(b) with a result of type `result`. Each gradient has the type of its operand. */
function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean, result: GemmType): Tensor {
  const [m, k] = transposeA ? [a.dim(1), a.dim(0)] : [a.dim(0), a.dim(1)];
  const out = launchProduct('matmul', a, b, { transposeA, transposeB }, [m, k, b.dim(transposeB ? 0 : 1)], result);
  return track('matmul', out, [a, b], (g, needs) => [
    needs[0] ? gradientOfA(g, a, b, transposeA, transposeB) : undefined,
    needs[1] ? gradientOfB(g, a, b, transposeA, transposeB) : undefined,
  ]);
}

function launchProduct(
  name: string,
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false }: MatmulOptions,
  [m, k, n]: readonly [number, number, number],
  result: GemmType,
  bias?: Tensor,
): Tensor {
  const [left, right] = operandsOf(name, a, b);
  const runA = transposeA ? m : k;
  const [vector, scalar] = transposeA
    ? [gemmLoadDenseOuter, gemmLoadDenseOuterScalar]
    : [gemmLoadDense, gemmLoadDenseScalar];
  const problem: GemmProblem = {
    ...{ name, m, n, k, operands: gemmType(left), result },
    ...{ aContiguousAlong: transposeA ? 'm' : 'k', runA, loaderA: [runA % 4 === 0 ? vector : scalar] },
    ...{ a: left.buffer, b: right.buffer, finish: { bias } },
    transposedB: transposeB ? { inner: k, asRows: () => transpose(right.detach()).buffer } : undefined,
  };
  return gemm(a.gpu, problem, [m, n]);
}

const gradientOfA = (g: Tensor, a: Tensor, b: Tensor, ta: boolean, tb: boolean): Tensor =>
  ta ? product(b, g, tb, true, gemmType(a)) : product(g, b, false, !tb, gemmType(a));

const gradientOfB = (g: Tensor, a: Tensor, b: Tensor, ta: boolean, tb: boolean): Tensor =>
  tb ? product(g, a, true, ta, gemmType(b)) : product(a, g, !ta, false, gemmType(b));

function checkMatrices(a: Tensor, b: Tensor, ta: boolean, tb: boolean): void {
  checkDType('matmul', 'a', a, 'f32', 'f16');
  checkDType('matmul', 'b', b, 'f32', 'f16');
  if (a.rank !== 2 || b.rank !== 2)
    throw new ArgumentError('matmul', 'ranks', `${a.rank} and ${b.rank}`, '2 and 2', 'reshape() to matrices');
  if (a.dim(ta ? 0 : 1) !== b.dim(tb ? 1 : 0)) {
    const show = (x: Tensor, t: boolean) => showShape(x.shape) + (t ? 'ᵀ' : '');
    throw new ArgumentError(
      'matmul',
      'shapes',
      `${show(a, ta)} · ${show(b, tb)}`,
      'equal inner extents',
      'transposeA and transposeB turn an operand',
    );
  }
}

/**
 * Fully connected layer: y = x · w + bias.
 *
 * Shapes [N, in] · [in, out] + [out] → [N, out], in the type of x; sums are f32. PyTorch stores w as [out, in]: readers
 * of its files transpose it.
 *
 * @throws ArgumentError if a tensor is not f32 or f16, or if the shapes do not fit.
 */
export function linear(x: Tensor, w: Tensor, bias?: Tensor): Tensor {
  for (const [name, value] of Object.entries({ x, w, bias }))
    if (value !== undefined || name !== 'bias') checkDType('linear', name, value as Tensor, 'f32', 'f16');
  checkShape('linear', 'x', x.shape, [null, null], 'reshape() to [N, in]');
  checkShape('linear', 'w', w.shape, [x.dim(1), null], 'The layout is [in, out]');
  if (bias) checkShape('linear', 'bias', bias.shape, [w.dim(1)]);
  if (isCastNow(x)) return linear(cast(x, 'f16'), w, bias);
  if (x.dtype === 'f32' && w.dtype === 'f16') return linear(x, cast(w, 'f32'), bias);
  const sizes = [x.dim(0), x.dim(1), w.dim(1)] as const;
  const out = launchProduct('linear', x, w, {}, sizes, gemmType(x), bias && cast(bias.detach(), 'f32'));
  return track('linear', out, bias ? [x, w, bias] : [x, w], (g, needs) => [
    needs[0] ? product(g, w, false, true, gemmType(x)) : undefined,
    needs[1] ? product(x, g, true, false, gemmType(w)) : undefined,
    needs[2] && bias ? biasGradient(g, bias.dtype) : undefined,
  ]);
}
