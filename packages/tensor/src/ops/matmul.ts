import { ArgumentError } from '@visage/gpu';
import { gemmLoadDense, gemmLoadDenseOuter, gemmLoadDenseOuterScalar, gemmLoadDenseScalar } from '@visage/kernels';
import { track } from '../autograd.ts';
import { gemm } from '../gemm/launch.ts';
import { checkShape, showShape } from '../shape.ts';
import { checkDType, type Tensor } from '../tensor.ts';
import { sum } from './reduce.ts';
import { transpose } from './shape.ts';

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * Matrix product op(a) · op(b), where op transposes if asked to.
 *
 * Shapes [M, K] · [K, N] → [M, N], after transposition.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  checkMatrices(a, b, transposeA, transposeB);
  const [m, k] = transposeA ? [a.dim(1), a.dim(0)] : [a.dim(0), a.dim(1)];
  const n = b.dim(transposeB ? 0 : 1);
  const across = transposeB ? { inner: k, asRows: () => transpose(b.detach()).buffer } : undefined;
  const [vector, scalar] = transposeA
    ? [gemmLoadDenseOuter, gemmLoadDenseOuterScalar]
    : [gemmLoadDense, gemmLoadDenseScalar];
  const loaderA = [(transposeA ? m : k) % 4 === 0 ? vector : scalar];
  const out = gemm(
    a.gpu,
    { name: 'matmul', m, n, k, aContiguousAlong: transposeA ? 'm' : 'k', loaderA, a: a.buffer, b: b.buffer, across },
    [m, n],
  );
  return track('matmul', out, [a, b], (g, needs) => [
    needs[0] ? gradientOfA(g, b, transposeA, transposeB) : undefined,
    needs[1] ? gradientOfB(a, g, transposeA, transposeB) : undefined,
  ]);
}

const gradientOfA = (g: Tensor, b: Tensor, ta: boolean, tb: boolean): Tensor =>
  ta ? matmul(b, g, { transposeA: tb, transposeB: true }) : matmul(g, b, { transposeB: !tb });

const gradientOfB = (a: Tensor, g: Tensor, ta: boolean, tb: boolean): Tensor =>
  tb ? matmul(g, a, { transposeA: true, transposeB: ta }) : matmul(a, g, { transposeA: !ta });

function checkMatrices(a: Tensor, b: Tensor, ta: boolean, tb: boolean): void {
  checkDType('matmul', 'a', a, 'f32');
  checkDType('matmul', 'b', b, 'f32');
  if (a.rank !== 2 || b.rank !== 2)
    throw new ArgumentError('matmul', 'ranks', `${a.rank} and ${b.rank}`, '2 and 2', 'reshape() to matrices');
  if (a.dim(ta ? 0 : 1) !== b.dim(tb ? 1 : 0)) {
    const show = (x: Tensor, t: boolean) => showShape(x.shape) + (t ? 'ᵀ' : '');
    throw new ArgumentError('matmul', 'shapes', `${show(a, ta)} · ${show(b, tb)}`, 'equal inner extents');
  }
}

/**
 * Fully connected layer: x · w + bias.
 *
 * Shapes [N, in] · [in, out] + [out] → [N, out]. PyTorch stores w as [out, in]; files are converted when read.
 */
export function linear(x: Tensor, w: Tensor, bias?: Tensor): Tensor {
  checkShape('linear', 'x', x.shape, [null, null], 'reshape() to [N, in]');
  checkShape('linear', 'w', w.shape, [x.dim(1), null], 'The layout is [in, out]');
  if (bias) checkShape('linear', 'bias', bias.shape, [w.dim(1)]);
  for (const [name, value] of Object.entries({ x, w, bias })) if (value) checkDType('linear', name, value, 'f32');
  const [m, k, n] = [x.dim(0), x.dim(1), w.dim(1)];
  const loaderA = [k % 4 === 0 ? gemmLoadDense : gemmLoadDenseScalar];
  const out = gemm(
    x.gpu,
    { name: 'linear', m, n, k, aContiguousAlong: 'k', loaderA, a: x.buffer, b: w.buffer, bias: bias?.buffer },
    [m, n],
  );
  return track('linear', out, bias ? [x, w, bias] : [x, w], (g, needs) => [
    needs[0] ? matmul(g, w, { transposeB: true }) : undefined,
    needs[1] ? matmul(x, g, { transposeA: true }) : undefined,
    needs[2] ? sum(g, 0) : undefined,
  ]);
}
