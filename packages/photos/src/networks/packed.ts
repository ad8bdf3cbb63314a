/** @file Results of a network side by side in one tensor, because each tensor that is read costs a wait. */
import { concat, reshape, scope, type Tensor } from '@visage/tensor';
import type { Results } from './frozenNetwork.ts';

/** Names of results, each with how many numbers it has for a picture. */
export type PackedForm<R> = readonly (readonly [name: keyof R, length: number])[];

/** What a network says of one picture: the numbers of each result. */
export type PictureResults<R> = Record<keyof R, Float32Array>;

/** How results are packed, which begin with an axis of pictures. */
export const packedForm = <R extends Results<R>>(results: R): PackedForm<R> =>
  Object.entries<Tensor>(results).map(([name, { shape, size }]) => [name as keyof R, size / (shape[0] as number)]);

/** Results [N, …] as one tensor [N, sum of their lengths]. */
export function packed<R extends Results<R>>(results: R): Tensor {
  return scope(() => {
    const rows = Object.values<Tensor>(results).map((result) => reshape(result, [result.dim(0), -1]));
    return rows.length === 1 ? (rows[0] as Tensor) : concat(rows, 1);
  });
}

/** The results of each picture, out of the values of {@link packed}. */
export function unpacked<R>(values: Float32Array, form: PackedForm<R>): PictureResults<R>[] {
  const width = form.reduce((sum, [, length]) => sum + length, 0);
  return Array.from({ length: values.length / width }, (_, k) => {
    let at = k * width;
    const parts = form.map(([name, length]) => {
      at += length;
      return [name, values.subarray(at - length, at)] as const;
    });
    return Object.fromEntries(parts) as PictureResults<R>;
  });
}
