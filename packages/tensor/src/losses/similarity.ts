import { ArgumentError, checkNumber, f32, linearGrid } from '@visage/gpu';
import { vectorAtLeast, vectorCosine, vectorNormalize } from '@visage/kernels';
import { fused } from '../core/fused.ts';
import { launchMap } from '../core/map.ts';
import { normalizeAxis, sameShape, showShape } from '../core/shape.ts';
import { checkFloat, computed } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { div, maximum, mul } from '../elementwise/arithmetic.ts';
import { cast } from '../elementwise/cast.ts';
import { sum } from '../elementwise/reduce.ts';
import { reshape } from '../elementwise/reshape.ts';
import { sqrt, square } from '../elementwise/unary.ts';
import { sharedRow } from '../reduce/threads.ts';

/**
 * max(‖x‖, eps) over `axis`, which stays with extent 1.
 *
 * The bound sits under the root: there the gradient of a zero vector is 0, where √ alone would make it infinite.
 */
const boundedNorm = (x: Tensor, axis: number, eps: number): Tensor =>
  sqrt(maximum(sum(square(x), axis, true), eps * eps));

/** The definition in plain ops. */
const composedL2Normalize = (x: Tensor, axis: number, eps: number): Tensor => div(x, boundedNorm(x, axis, eps));

const LEAST_EPS = 1e-19; // whose square f32 still tells from 0

/**
 * x / max(‖x‖, eps) in f32, Euclidean norm over `axis`, as PyTorch's `normalize`. eps at least 1e-19, or its square
 * vanishes in f32.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16 and has the axis, and eps is at least 1e-19.
 */
export function l2Normalize(x: Tensor, axis = 1, eps = 1e-12): Tensor {
  checkFloat('l2Normalize', 'x', x);
  normalizeAxis('l2Normalize', axis, x.rank);
  checkNumber('l2Normalize', 'eps', eps, LEAST_EPS);
  const full = cast(x, 'f32');
  const composed = (y?: Tensor) => composedL2Normalize(y as Tensor, axis, eps);
  if (!isMatrixByRows(full, axis)) return composed(full);
  const forward = () => {
    const out = empty(x.gpu, full.shape);
    launch('normalize', vectorNormalize, full, eps, [out, full]);
    return out;
  };
  return fused({ name: 'l2Normalize', inputs: [full], forward, composed });
}

/** The definition in plain ops. */
const composedCosine = (a: Tensor, b: Tensor, axis: number, eps: number): Tensor =>
  sum(mul(composedL2Normalize(a, axis, eps), composedL2Normalize(b, axis, eps)), axis);

/**
 * Cosine of the angle between vectors along `axis`: a·b / (max(‖a‖, eps) · max(‖b‖, eps)), as PyTorch's
 * `cosine_similarity`; f32.
 *
 * a and b of equal shape; `axis` vanishes. One kernel, and one for each gradient, for matrices along their last axis.
 *
 * @throws ArgumentError as {@link l2Normalize}, and for unequal shapes.
 */
export function cosineSimilarity(a: Tensor, b: Tensor, axis = 1, eps = 1e-8): Tensor {
  checkFloat('cosineSimilarity', 'a', a);
  checkFloat('cosineSimilarity', 'b', b);
  normalizeAxis('cosineSimilarity', axis, a.rank);
  checkNumber('cosineSimilarity', 'eps', eps, LEAST_EPS);
  if (!sameShape(a.shape, b.shape))
    throw new ArgumentError(
      'cosineSimilarity',
      'b',
      showShape(b.shape),
      showShape(a.shape),
      'Use expand() to compare with one vector',
    );
  const [x, y] = [cast(a, 'f32'), cast(b, 'f32')];
  const composed = (...both: readonly Tensor[]) => composedCosine(both[0] as Tensor, both[1] as Tensor, axis, eps);
  if (!isMatrixByRows(x, axis)) return composed(x, y);
  const rows = x.dim(0);
  const cosine = empty(x.gpu, [rows]);
  const [cross, ownA, ownB] = [0, 1, 2].map(() => empty(x.gpu, [rows, 1])) as [Tensor, Tensor, Tensor];
  launch('cosine', vectorCosine, x, eps, [cosine, cross, ownA, ownB, x, y]);
  // ∂cosine/∂mine = other · cross − mine · own
  const gradient = (g: Tensor, mine: Tensor, other: Tensor, own: Tensor) =>
    launchMap('cosineGrad', '(a * b - c * d) * e', [other, cross, mine, own, reshape(g, [rows, 1])]);
  return fused({
    name: 'cosineSimilarity',
    inputs: [x, y],
    forward: () => cosine,
    backward: (g, needs) => [
      needs[0] ? gradient(g, x, y, ownA) : undefined,
      needs[1] ? gradient(g, y, x, ownB) : undefined,
    ],
    composed,
  });
}

const isMatrixByRows = (x: Tensor, axis: number): boolean => x.rank === 2 && (axis === 1 || axis === -1);

/** Launches a kernel with a workgroup per row of `x`; `tensors` in binding order. */
function launch(name: string, kernel: string, x: Tensor, eps: number, tensors: readonly Tensor[]): void {
  const vectorWidth = x.dim(1) % 4 === 0 ? 4 : 1;
  const { parts, constants, enables } = sharedRow(x.gpu);
  const fold = `fn fold(v : V) -> f32 { return ${vectorWidth === 4 ? '(v.x + v.y) + (v.z + v.w)' : 'v'}; }`;
  x.gpu.dispatch({
    program: {
      name: `vector/${name}`,
      enables,
      aliases: { V: computed(vectorWidth) },
      constants: { WIDTH: x.dim(1) / vectorWidth, EPS: f32(eps), ...constants },
      parts: [...parts, fold, vectorAtLeast, kernel],
    },
    buffers: tensors.map((t) => t.buffer),
    grid: linearGrid(x.dim(0)),
  });
}
