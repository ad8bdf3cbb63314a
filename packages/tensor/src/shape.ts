import { ArgumentError } from '@visage/gpu';

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

/** Turns axes (negative ones count from the end; `undefined` means all) into sorted, distinct, non-negative ones. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, k) => k);
  const list = typeof axes === 'number' ? [axes] : axes;
  const out = list.map((axis) => {
    const positive = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
      throw new ArgumentError(op, 'axis', String(axis), `an integer from ${-rank} to ${rank - 1} for rank ${rank}`);
    }
    return positive;
  });
  return [...new Set(out)].sort((a, b) => a - b);
}

/** Throws unless `shape` matches `expected`, where `null` stands for any extent. */
export function checkShape(
  op: string,
  argument: string,
  shape: Shape,
  expected: readonly (number | null)[],
  hint = '',
): void {
  const fits = shape.length === expected.length && expected.every((n, k) => n === null || n === shape[k]);
  if (!fits)
    throw new ArgumentError(op, argument, showShape(shape), `[${expected.map((n) => n ?? '*').join(', ')}]`, hint);
}
