import { noGrad, watchOps } from '../core/autograd.ts';
import { launchMap } from '../core/map.ts';
import { keep, scope } from '../core/scope.ts';
import { showShape } from '../core/shape.ts';
import { isFloat } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { max } from './reduce.ts';

/**
 * 1 where x is infinite or NaN: where all bits of the exponent are set. A comparison of floats would not do, because a
 * compiler may assume that neither occurs.
 */
const isNonFinite = (x: Tensor): Tensor =>
  launchMap(
    'isNonFinite',
    'select(V(0.0), V(1.0), (bitcast<U>(a) & U(0x7f800000u)) == U(0x7f800000u))',
    [x],
    undefined,
    'f32',
  );

/**
 * Runs `fn` op by op and names the first op with an infinite result or one that is not a number, as `conv2d [4, 48, 48,
 * 8]`.
 *
 * `undefined` when every result is finite. Costs a reduction for each op: meant for the post-mortem of a training step.
 */
export async function firstNonFinite(fn: () => unknown): Promise<string | undefined> {
  const seen: { readonly name: string; readonly flag: Tensor }[] = [];
  try {
    scope(() => {
      watchOps((op, out) => {
        if (!isFloat(out.dtype)) return;
        const flag = noGrad(() => max(isNonFinite(out)));
        seen.push({ name: `${op} ${showShape(out.shape)}`, flag: keep(flag) }); // scopes inside fn must not free it
      }, fn);
    });
    const flags = await Promise.all(seen.map(({ flag }) => flag.item()));
    return seen[flags.findIndex((flag) => flag !== 0)]?.name;
  } finally {
    for (const { flag } of seen) flag.dispose();
  }
}
