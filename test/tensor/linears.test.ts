import { withVariant } from '@visage/gpu';
import { add, linear, mul, type Tensor, tensor } from '@visage/tensor';
import { linears } from '@visage/tensor/kernels';
import { throws } from 'uvu/assert';
import { linearsFamily } from '../../packages/tensor/src/gemm/linears.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { type HostTensor, randomInput } from '../helpers/gradcheck.ts';
import { sameFunction } from '../helpers/sameFunction.ts';

const { test } = await gpuSuite('several layers of one input');

type Several = (x: Tensor, layers: readonly { readonly weight: Tensor; readonly bias: Tensor }[]) => Tensor[];
const oneByOne: Several = (x, layers) => layers.map(({ weight, bias }) => linear(x, weight, bias));

/** Seven layers, more than a launch takes, of three weights: Σ (k + 1) · layer_k(x). */
const mixed =
  (several: Several) =>
  (x?: Tensor, ...parameters: Tensor[]): Tensor => {
    const layers = Array.from({ length: 7 }, (_, k) => ({
      weight: parameters[2 * (k % 3)]!,
      bias: parameters[2 * (k % 3) + 1]!,
    }));
    return several(x!, layers)
      .map((y, k) => mul(y, 0.1 * (k + 1)))
      .reduce((a, b) => add(a, b));
  };

const parameters = (inner: number, columns: number): HostTensor[] =>
  [1, 2, 3].flatMap((seed) => [
    randomInput([inner, columns], { seed, scale: 0.2 }),
    randomInput([columns], { seed: seed + 10 }),
  ]);

// 72 columns leave a partial block of vectors, 5 are scalar; 19 rows are more than an invocation takes.
for (const { name } of linearsFamily.variants) {
  for (const [rows, inner, columns] of [
    [2, 40, 72],
    [19, 7, 5],
  ] as const) {
    test(`${name}, ${rows} x ${columns} x ${inner}: as one by one`, async () => {
      const forced = (x?: Tensor, ...rest: Tensor[]) => withVariant('linears', name, () => mixed(linears)(x, ...rest));
      await sameFunction(forced, mixed(oneByOne), [
        randomInput([rows, inner], { seed: 7 }),
        ...parameters(inner, columns),
      ]);
      const x = randomInput([rows, inner], { seed: 7 });
      const frozen =
        (fn: typeof forced) =>
        (...rest: Tensor[]) =>
          fn(tensor(x.values, x.shape), ...rest);
      await sameFunction(frozen(forced), frozen(mixed(oneByOne)), parameters(inner, columns));
    });
  }
}

test('messages name the op, the argument and what was expected', () => {
  const [x, weight, bias] = [tensor([1, 2], [1, 2]), tensor([1, 2], [2, 1]), tensor([1])];
  throws(() => linears(x, []), /linears: layers is an empty list/);
  throws(() => linears(x, [{ weight, bias: tensor([1, 2]) }]), /linears: bias is \[2\]/);
  throws(
    () =>
      linears(x, [
        { weight, bias },
        { weight: tensor([1, 2, 3, 4], [2, 2]), bias },
      ]),
    /linears: weight is \[2, 2\], expected \[2, 1\]/,
  );
});

test.run();
