import { withVariant } from '@visage/gpu';
import { grad, type ResizeMode, resize, sum, type Tensor, tensor, zeros } from '@visage/tensor';
import { ok, throws } from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck, randomInput } from '../helpers/gradcheck.ts';
import { noise } from '../helpers/numbers.ts';
import { sameFunction } from '../helpers/sameFunction.ts';

const { test } = await gpuSuite('resize');

const MODES: readonly ResizeMode[] = ['nearest', 'bilinear', 'bicubic'];
const SIZES: readonly (readonly [number, number, number, number, number])[] = [
  [5, 7, 10, 14, 4],
  [9, 8, 5, 6, 3],
  [41, 3, 47, 5, 1],
  [1, 6, 3, 1, 4],
  [6, 4, 12, 8, 4],
];

/** The definition in f64, one axis at a time, written from PyTorch's documentation. */
function weights(size: number, out: number, mode: ResizeMode, corners: boolean): number[][] {
  const cubic = (d: number) => {
    const a = -0.75;
    if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
    return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
  };
  return Array.from({ length: out }, (_, d) => {
    const row = new Array<number>(size).fill(0);
    const put = (at: number, w: number) => {
      row[Math.min(size - 1, Math.max(0, at))]! += w;
    };
    if (mode === 'nearest') {
      put(Math.floor((d * size) / out), 1);
      return row;
    }
    const raw = corners ? (out > 1 ? (d * (size - 1)) / (out - 1) : 0) : ((d + 0.5) * size) / out - 0.5;
    const at = mode === 'bilinear' ? Math.max(raw, 0) : raw;
    const base = Math.floor(at);
    const t = at - base;
    const taps = mode === 'bilinear' ? [1 - t, t] : [-1, 0, 1, 2].map((k) => cubic(Math.abs(k - t)));
    for (const [k, w] of taps.entries()) put(base + k - (mode === 'bilinear' ? 0 : 1), w);
    return row;
  });
}

for (const mode of MODES) {
  for (const corners of mode === 'nearest' ? [false] : [false, true]) {
    for (const [h, w, oh, ow, c] of SIZES) {
      const name = `${mode}${corners ? ', corners' : ''}, ${h}×${w} → ${oh}×${ow}, ${c} channels`;
      const fn = (x: Tensor) => resize(x, [oh, ow], mode, corners);
      test(name, async () => {
        const x = randomInput([2, h, w, c]);
        const y = await fn(tensor(x.values, x.shape)).floats();
        const [down, across] = [weights(h, oh, mode, corners), weights(w, ow, mode, corners)];
        const expected = y.map((_, i) => {
          const [ch, u, v, n] = [
            i % c,
            Math.floor(i / c) % ow,
            Math.floor(i / (c * ow)) % oh,
            Math.floor(i / (c * ow * oh)),
          ];
          let sum = 0;
          for (let a = 0; a < h; a++)
            for (let b = 0; b < w; b++)
              sum += down[v]![a]! * across[u]![b]! * x.values[((n * h + a) * w + b) * c + ch]!;
          return sum;
        });
        ok(relativeError(y, expected) < 1e-6);
        await gradcheck(fn, [x]);
        await gradcheck(fn, [x], { order: 2 });
      });
    }
  }
}

/**
 * A row resampled, and the gradient of its input for the gradient g of the result; positions in f64 are exact for these
 * sizes.
 */
function resampledRow(x: Float32Array, g: Float32Array, mode: ResizeMode) {
  const [size, out] = [x.length, g.length];
  const [y, dx] = [new Float64Array(out), new Float64Array(size)];
  for (let d = 0; d < out; d++) {
    const twice = mode === 'nearest' ? 2 * d * size : (2 * d + 1) * size - out; // position times 2 · out, whole
    const base = Math.floor(twice / (2 * out));
    const t = (twice - base * 2 * out) / (2 * out);
    const taps = mode === 'nearest' ? [1] : [1 - t, t];
    for (const [k, weight] of taps.entries()) {
      const at = Math.min(size - 1, Math.max(0, base + k));
      y[d]! += weight * x[at]!;
      dx[at]! += weight * g[d]!;
    }
  }
  return { y, dx };
}

// The first two have numerators of positions beyond 2³²; the last, results of so many pixels for each of x that their
// weights are not kept.
for (const [size, out] of [
  [70_001, 65_003],
  [40_009, 99_991],
  [3, 500],
] as const) {
  for (const mode of ['nearest', 'bilinear'] as const) {
    test(`a row of ${size} to ${out}, ${mode}`, async () => {
      const [host, slopes] = [noise(size, 1), noise(out, 2)];
      const x = tensor(host, [1, 1, size, 1], { requiresGrad: true });
      const y = resize(x, [1, out], mode);
      const [dx] = grad(y, [x], { gradOutputs: [tensor(slopes, y.shape)] });
      const right = resampledRow(host, slopes, mode);
      ok(relativeError(await y.floats(), right.y) < 1e-6, 'values');
      ok(relativeError(await dx!.floats(), right.dx) < 1e-6, 'gradient');
    });
  }
}

for (const c of [3, 8]) {
  test(`doubling ${c} channels equals the general kernels, gradients and their gradients too`, () => {
    const double = (x?: Tensor) => resize(x!, [12, 20], 'bilinear');
    const forced = <T>(run: () => T): T => withVariant('resize', 'doubling', run);
    return sameFunction(double, double, [randomInput([2, 6, 10, c])], 1e-5, forced);
  });
}

test('doubling an odd size equals the general kernel', async () => {
  const { values, shape } = randomInput([2, 5, 3, 4]);
  const double = (name: string) => withVariant('resize', name, () => resize(tensor(values, shape), [10, 6]));
  const [y, expected] = [await double('doubling').floats(), await double('any size').floats()];
  ok(relativeError(y, expected) < 1e-6);
});

test('doubling, forced on what it cannot compute, is refused', () => {
  const forced = <T>(run: () => T): T => withVariant('resize', 'doubling', run);
  const images = (size: number) => zeros([1, size, size, 4], { requiresGrad: true });
  throws(
    () => forced(() => resize(images(6), [12, 12], 'nearest')),
    /doubling cannot compute forward nearest 6x6 to 12x12: made for bilinear/,
  );
  throws(() => forced(() => resize(images(6), [12, 12], 'bilinear', true)), /with aligned corners/);
  throws(() => forced(() => resize(images(6), [7, 7])), /forward bilinear 6x6 to 7x7: made for twice the size/);
  const x = images(5);
  throws(
    () => forced(() => grad(sum(resize(x, [10, 10])), [x])),
    /doubling cannot compute adjoint bilinear 5x5 to 10x10: its adjoint takes pixels two by two/,
  );
});

test('messages name the op and the argument', () => {
  throws(() => resize(tensor([1, 2]), [2, 2]), /resize: x is \[2\]/);
  throws(() => resize(tensor([1], [1, 1, 1, 1]), [0, 2]), /resize: size is \[0, 2\]/);
});

test.run();
