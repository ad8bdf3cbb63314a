import { ArgumentError, checkList, showValue } from '@visage/gpu';

/** Extents, outermost first. Every tensor is contiguous, so the last axis has stride 1. */
export type Shape = readonly number[];

/** Number of elements. */
export const sizeOf = (shape: Shape): number => shape.reduce((n, extent) => n * extent, 1);

/** `[2, 3, 4]`, as error messages show shapes. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`;

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, k) => n === b[k]);

/** Element strides of a contiguous shape. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** The shape that NumPy's broadcasting rule gives: axes align from the last, extents are equal or 1. */
export function broadcastShapes(op: string, shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((extent, k) => {
      const axis = rank - shape.length + k;
      if (extent === 1) return;
      if (out[axis] !== 1 && out[axis] !== extent) {
        throw new ArgumentError(
          op,
          'shapes',
          shapes.map(showShape).join(' and '),
          'extents that are equal or 1, aligned from the last axis',
        );
      }
      out[axis] = extent;
    });
  }
  return out;
}

/**
 * Throws unless `shape` is a list of positive integers. A tensor has at least one element: a reduction of none would
 * have no value and a kernel over none has no grid, so an extent of 0 is refused where the tensor is made.
 */
export function checkExtents(op: string, shape: Shape): void {
  checkList(op, 'shape', shape, 'positive integers');
  if (shape.every((n) => Number.isInteger(n) && n > 0)) return;
  const hint = shape.includes(0)
    ? 'Tensors without elements are not built; leave out what would be made of this one'
    : '';
  throw new ArgumentError(op, 'shape', showValue(shape), 'a list of positive integers', hint);
}

/** Turns an axis, which counts from the end if it is negative, into a non-negative one. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (rank === 0) throw new ArgumentError(op, 'axis', showValue(axis), 'an axis, and a tensor of one element has none');
  const positive = Number.isInteger(axis) && axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank)
    throw new ArgumentError(op, 'axis', showValue(axis), `an integer from ${-rank} to ${rank - 1} for rank ${rank}`);
  return positive;
}

/**
 * Turns axes (negative ones count from the end; `undefined` means all) into sorted, non-negative ones. An axis that
 * is named twice is an error.
 */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, k) => k);
  if (!Array.isArray(axes)) return [normalizeAxis(op, axes as number, rank)];
  const out = axes.map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(out).size < out.length) throw new ArgumentError(op, 'axes', showValue(axes), 'each axis once');
  return out.sort((a, b) => a - b);
}

/** Throws unless `shape` matches `expected`, where `null` stands for any extent. */
export function checkShape(
  op: string,
  argument: string,
  shape: Shape,
  expected: readonly (number | null)[],
  hint = '',
): void {
  // What is no tensor has no shape.
  if (!Array.isArray(shape)) throw new ArgumentError(op, argument, showValue(shape), 'a tensor', hint);
  const fits = shape.length === expected.length && expected.every((n, k) => n === null || n === shape[k]);
  if (!fits)
    throw new ArgumentError(op, argument, showShape(shape), `[${expected.map((n) => n ?? '*').join(', ')}]`, hint);
}
