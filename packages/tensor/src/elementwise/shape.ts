import { ArgumentError, checkInteger, checkList, linearGrid, showValue, underChoice } from '@visage/gpu';
import { shapeConcat } from '@visage/kernels';
import { track } from '../core/autograd.ts';
import { launchMap } from '../core/map.ts';
import { WORKGROUP } from '../core/passes.ts';
import { normalizeAxis, sameShape, showShape, sizeOf, stridesOf } from '../core/shape.ts';
import { checkFloat, enablesOf, isFloat } from '../core/storage.ts';
import { checkDType, checkTensor, empty, type Tensor } from '../core/tensor.ts';
import { cast } from './cast.ts';
import { gather, indexSum } from './gather.ts';
import { permuteFamily, transposeTiles, transpositionOf } from './transpose.ts';

/**
 * Reorders axes: axis k of the result is axis `order[k]` of x.
 *
 * x [a, b, c], order [2, 0, 1] → [c, a, b].
 *
 * @throws ArgumentError unless `order` names each axis of x once.
 */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  checkTensor('permute', 'x', x);
  checkList('permute', 'order', order, 'axes');
  if (order.length !== x.rank || [...order].sort((a, b) => a - b).some((axis, k) => axis !== k)) {
    throw new ArgumentError(
      'permute',
      'order',
      showValue(order),
      `a permutation of the ${x.rank} axes of ${showShape(x.shape)}`,
    );
  }
  const strides = stridesOf(x.shape);
  const shape = order.map((axis) => x.shape[axis] as number);
  const transposition = transpositionOf(x.shape, order);
  const choice = permuteFamily.choose(x.gpu, { transposition });
  const out = underChoice(choice, () => {
    if (choice.variant.throughTiles && transposition) return transposeTiles(x, shape, transposition);
    const walk = order.map((axis) => strides[axis] as number);
    return gather('permute', x, shape, `return ${indexSum(shape, walk)};`);
  });
  const inverse = order.map((_, k) => order.indexOf(k));
  return track('permute', out, [x], (g) => [permute(g, inverse)]);
}

/**
 * Swaps the axes of a matrix: x [rows, columns] → [columns, rows].
 *
 * @throws ArgumentError unless x is a matrix.
 */
export function transpose(x: Tensor): Tensor {
  checkTensor('transpose', 'x', x);
  if (x.rank !== 2) throw new ArgumentError('transpose', 'x', showShape(x.shape), 'a matrix', 'Use permute()');
  return permute(x, [1, 0]);
}

/**
 * Takes the elements with start ≤ index < end along one axis; the other axes stay whole.
 *
 * @throws ArgumentError for a range outside the axis.
 */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  checkTensor('slice', 'x', x);
  const at = normalizeAxis('slice', axis, x.rank);
  const extent = x.dim(at);
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= extent)) {
    throw new ArgumentError(
      'slice',
      'range',
      `${start}…${end}`,
      `0 ≤ start < end ≤ ${extent} (axis ${axis} of ${showShape(x.shape)})`,
    );
  }
  const shape = x.shape.map((n, k) => (k === at ? end - start : n));
  const strides = stridesOf(x.shape);
  const out = gather('slice', x, shape, `return ${indexSum(shape, strides)} + ${start * (strides[at] as number)}u;`);
  return track('slice', out, [x], (g) => [padZero(g, at, start, extent - end)]);
}

/**
 * Adds `before` and `after` zeros along one axis.
 *
 * @throws ArgumentError for an axis that x does not have, or widths that are not integers of at least 0.
 */
export function padZero(x: Tensor, axis: number, before: number, after: number): Tensor {
  checkTensor('padZero', 'x', x);
  const at = normalizeAxis('padZero', axis, x.rank);
  for (const [name, width] of Object.entries({ before, after })) checkInteger('padZero', name, width, 0);
  if (before === 0 && after === 0) return x;
  const extent = x.dim(at);
  const shape = x.shape.map((n, k) => (k === at ? n + before + after : n));
  const inner = sizeOf(x.shape.slice(at + 1));
  const out = gather(
    'padZero',
    x,
    shape,
    [
      `let inner = i % ${inner}u;`,
      `let at = (i / ${inner}u) % ${shape[at]}u;`,
      `let outer = i / ${inner * (shape[at] as number)}u;`,
      `if (at < ${before}u || at >= ${before + extent}u) { return OUTSIDE; }`,
      `return (outer * ${extent}u + at - ${before}u) * ${inner}u + inner;`,
    ].join('\n  '),
  );
  return track('padZero', out, [x], (g) => [slice(g, at, before, before + extent)]);
}

/**
 * Joins tensors along an axis. f16 parts among f32 ones are widened.
 *
 * @throws ArgumentError for an empty list, and for shapes that differ in another axis.
 */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  checkList('concat', 'parts', tensors, 'tensors');
  for (const [k, x] of tensors.entries()) checkTensor('concat', `parts[${k}]`, x);
  const mixed =
    tensors.every(({ dtype }) => isFloat(dtype)) && tensors.some(({ dtype }) => dtype !== tensors[0]?.dtype);
  const parts = mixed ? tensors.map((x) => cast(x, 'f32')) : tensors;
  const first = parts[0];
  if (!first) throw new ArgumentError('concat', 'parts', 'an empty list', 'at least one tensor');
  const at = normalizeAxis('concat', axis, first.rank);
  parts.forEach((x, k) => {
    const fits = x.rank === first.rank && x.shape.every((n, d) => d === at || n === first.shape[d]);
    if (!fits || x.dtype !== first.dtype)
      throw new ArgumentError('concat', `parts[${k}]`, String(x), `${first} but for axis ${axis}`);
  });
  checkDType('concat', 'parts', first, 'f32', 'f16', 'i32', 'u32');
  const total = parts.reduce((n, x) => n + x.dim(at), 0);
  const out = empty(
    first.gpu,
    first.shape.map((n, k) => (k === at ? total : n)),
    first.dtype,
  );
  const inner = sizeOf(first.shape.slice(at + 1));
  let start = 0;
  const starts = parts.map((x) => {
    const here = start;
    start += x.dim(at);
    return here;
  });
  const perLaunch = first.gpu.device.limits.maxStorageBuffersPerShaderStage - 1;
  for (let k = 0; k < parts.length; k += perLaunch) {
    const some = parts.slice(k, k + perLaunch);
    const longest = Math.max(...some.map(({ size }) => size));
    const pieces = some.map((x, slot) => {
      const run = x.dim(at) * inner;
      return {
        size: x.size,
        to: `(i / ${run}u) * ${total * inner}u + ${(starts[k + slot] as number) * inner}u + i % ${run}u`,
      };
    });
    const [gridX, gridY] = linearGrid(Math.ceil(longest / WORKGROUP));
    first.gpu.dispatch({
      program: {
        name: 'shape/concat',
        enables: enablesOf(first.dtype),
        aliases: { T: first.dtype },
        constants: { WG: WORKGROUP },
        parts: [concatCode(pieces), shapeConcat],
      },
      buffers: [out.buffer, ...some.map((x) => x.buffer)],
      grid: [gridX, gridY, some.length],
    });
  }
  return track('concat', out, parts, (g, needs) =>
    parts.map((x, k) => (needs[k] ? slice(g, at, starts[k] as number, (starts[k] as number) + x.dim(at)) : undefined)),
  );
}

/**
 * Declares the parts of a concatenation and `fn copyElement(slot, i)`, which writes element i of one to its index in
 * the result.
 */
function concatCode(parts: readonly { readonly size: number; readonly to: string }[]): string {
  return [
    ...parts.map((_, slot) => `@group(0) @binding(${slot + 1}) var<storage, read> x${slot} : array<T>;`),
    'fn copyElement(slot : u32, i : u32) {\n  switch (slot) {',
    ...parts.map(({ size, to }, slot) => `    case ${slot}u: { if (i < ${size}u) { out[${to}] = x${slot}[i]; } }`),
    '    default: {}\n  }\n}',
  ].join('\n');
}

/**
 * Copies the values of x to memory of their own. No gradient flows through.
 *
 * @throws ArgumentError unless x is a tensor of f32 or f16.
 */
export const copy = (x: Tensor): Tensor => launchMap('copy', 'a', [x]);

/**
 * Copies the values of `source` into the memory of `target`, in the order of launches, and returns `target`.
 *
 * Parameters and running statistics are updated by it. Recorded steps that read `target` see the new values.
 *
 * @throws ArgumentError unless both are tensors of f32 or f16 and of one shape.
 */
export function assign(target: Tensor, source: Tensor): Tensor {
  for (const [name, x] of Object.entries({ target, source })) checkFloat('assign', name, x);
  if (!sameShape(target.shape, source.shape))
    throw new ArgumentError('assign', 'source', showShape(source.shape), showShape(target.shape));
  const neighbours = target.buffer.whole === source.buffer.whole; // which no launch may read and write
  const from = neighbours ? copy(source) : source;
  launchMap('assign', 'a', [from], target);
  if (neighbours) from.dispose();
  return target;
}
