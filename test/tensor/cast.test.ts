import { cast, type DType, grad, type Tensor, tensor } from '@visage/tensor';
import { floatsFromHalf, halfBits, halfFromFloats, halfValue } from '@visage/tensor/kernels';
import { equal, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test } = await gpuSuite('cast');

const SAMPLES = [
  0,
  -0,
  1,
  -1,
  0.1,
  1 / 3,
  65504,
  65519,
  65520,
  -1e6,
  6.1e-5,
  5.96e-8,
  2.98e-8,
  2.99e-8,
  -1e-7,
  1.0009765625,
  1.00048828125,
  1.00146484375,
];

test('host f16 codec: every bit pattern survives, halves round to even', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = halfValue(bits);
    if (Number.isNaN(value)) ok(Number.isNaN(halfValue(halfBits(value))));
    else equal(halfBits(value), bits);
  }
  equal(halfValue(halfBits(1.00048828125)), 1);
  equal(halfValue(halfBits(1.00146484375)), 1.001953125);
  equal(halfBits(65519), 0x7bff);
  equal(halfBits(65520), 0x7c00);
});

test('f32 → f16 on the device gives the host codec’s bits; and back', async () => {
  const random = hostRandom(1);
  const values = Float32Array.from([...SAMPLES, ...random.normals(2001, 100), ...random.normals(2001, 1e-5)]);
  const half = cast(tensor(values), 'f16');
  const bits = (await half.data()) as Uint16Array;
  equal(bits, halfFromFloats(values));
  equal(await cast(half, 'f32').floats(), floatsFromHalf(bits));
});

test('NaN and infinities cross as they are', async () => {
  const values = new Float32Array(Uint32Array.of(0x7fc00000, 0x7f800000, 0xff800000).buffer);
  const back = await cast(cast(tensor(values), 'f16'), 'f32').floats();
  ok(Number.isNaN(back[0]));
  equal([back[1], back[2]], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

const CONVERSIONS: [DType, DType, (values: number[]) => Tensor, number[]][] = [
  ['u8', 'f32', (v) => tensor(Uint8Array.from(v)), [0, 255, 7, 128, 1]],
  ['i32', 'f32', (v) => tensor(Int32Array.from(v)), [-5, 0, 1 << 20]],
  ['f32', 'i32', (v) => tensor(v), [-5, 0, 1 << 20, 3, 9, 11]],
  ['u32', 'i32', (v) => tensor(Uint32Array.from(v)), [3, 4, 5, 6, 7]],
  ['f32', 'u8', (v) => tensor(v), [0, 255, 7, 128, 1, 2]],
  ['i32', 'u8', (v) => tensor(Int32Array.from(v)), [0, 255, 7]],
  ['u8', 'f16', (v) => tensor(Uint8Array.from(v)), [0, 255, 7, 9, 200]],
];
for (const [source, result, make, values] of CONVERSIONS) {
  test(`${source} → ${result} keeps representable numbers`, async () => {
    const x = make(values);
    equal(x.dtype, source);
    const y = cast(x, result);
    equal(y.dtype, result);
    const data = await y.data();
    equal(result === 'f16' ? [...floatsFromHalf(data as Uint16Array)] : [...data], values);
  });
}

test('to bytes: rounds and clamps', async () => {
  equal([...(await cast(tensor([-3, 0.4, 0.6, 254.6, 300]), 'u8').data())], [0, 0, 1, 255, 255]);
  equal([...(await cast(tensor(Int32Array.of(-3, 300)), 'u8').data())], [0, 255]);
});

test('between float types the gradient is cast back, through integers none flows', async () => {
  const x = tensor([1, 2], [2], { requiresGrad: true });
  const half = cast(x, 'f16');
  ok(half.requiresGrad);
  const [g] = grad(cast(half, 'f32').mul(3).sum(), [x]) as [Tensor];
  equal(g.dtype, 'f32');
  equal([...(await g.floats())], [3, 3]);
  const y = cast(cast(x, 'i32'), 'f32').sum();
  ok(!y.requiresGrad);
  throws(() => grad(y, [x]), /x\[0\] \[2\] does not influence/);
});

test.run();
