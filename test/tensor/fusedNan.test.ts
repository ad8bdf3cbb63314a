/**
 * NaN and infinities in kernels that fuse an activation, a norm or a bound: what the plain ops make of them, and never
 * a healthy number in their place.
 */
import { withVariant } from '@visage/gpu';
import { BatchNorm2d, Conv2d, clipGradientNorm, Sequential } from '@visage/nn';
import {
  type Activation,
  adain,
  batchNorm,
  cast,
  conv2d,
  cosineSimilarity,
  crossEntropy,
  grad,
  hingeFake,
  instanceNorm,
  leakyRelu,
  max,
  noGrad,
  relu,
  relu6,
  sum,
  type Tensor,
  tanh,
  tensor,
  variance,
} from '@visage/tensor';
import { residualBlock } from '@visage/tensor/kernels';
import { equal, is, ok, throws } from 'uvu/assert';
import { composedResidualBlock } from '../../packages/tensor/src/frozen/residualBlock.ts';
import { normFamily } from '../../packages/tensor/src/reduce/plan.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { noise } from '../helpers/numbers.ts';

const { test, gpu } = await gpuSuite('NaN in fused kernels');
const { NaN: NAN, POSITIVE_INFINITY: INF } = Number;
const ODD = [NAN, INF, -INF] as const;

/** An image whose value at the middle of channel 1 is odd. */
const spoiled = (odd: number, shape: readonly [number, number, number, number]) => {
  const values = noise(shape[0] * shape[1] * shape[2] * shape[3], 1);
  values[(Math.floor(shape[1] / 2) * shape[2] + 1) * shape[3] + 1] = odd;
  return tensor(values, shape);
};

/** Are the results of fused and plain ops the same? The one of NaN must have some. */
async function same(odd: number, fused: Tensor, plain: Tensor, what: string) {
  const [got, right] = [await fused.floats(), await plain.floats()];
  if (Number.isNaN(odd)) ok(right.some(Number.isNaN), `${what}: the plain result has no NaN`);
  got.forEach((value, k) => {
    const fine = Object.is(value + 0, right[k]! + 0) || Math.abs(value - right[k]!) < 2e-3;
    ok(fine, `${what} of ${odd}, value ${k}: ${value}, plain ${right[k]}`);
  });
}

const ACTIVATIONS: readonly (readonly [Activation, (x: Tensor) => Tensor])[] = [
  ['relu', relu],
  ['relu6', relu6],
  [{ leakyRelu: 0 }, relu],
  [{ leakyRelu: 0.2 }, (x) => leakyRelu(x, 0.2)],
  ['tanh', tanh],
];
for (const type of ['f32', 'f16'] as const)
  test(`activations of a convolution of ${type}`, async () => {
    if (type === 'f16' && !gpu.device.features.has('shader-f16')) return;
    const w = tensor(noise(4 * 8, 2), [1, 1, 4, 8]);
    for (const odd of ODD) {
      const x = cast(spoiled(odd, [1, 3, 3, 4]), type);
      for (const [activation, plain] of ACTIVATIONS)
        await same(odd, conv2d(x, w, undefined, { activation }), plain(conv2d(x, w)), `${JSON.stringify(activation)}`);
    }
  });

test('batch norm, AdaIN and their ReLU', async () => {
  const [weight, bias] = [tensor(noise(4, 3)), tensor(noise(4, 4))];
  const norm = (x: Tensor, train: boolean, slope?: number) =>
    batchNorm(x, weight, bias, tensor([0, 0, 0, 0]), tensor([1, 1, 1, 1]), { train, slope });
  const style = tensor(noise(8, 5), [1, 8]);
  for (const odd of ODD) {
    const x = spoiled(odd, [1, 4, 4, 4]);
    const residual = spoiled(odd, [1, 4, 4, 4]);
    for (const train of [true, false]) await same(odd, norm(x, train, 0), relu(norm(x, train)), `train ${train}`);
    await same(odd, adain(x, style, { relu: true, residual }), relu(adain(x, style)).add(residual), 'adain');
  }
});

test('what Sequential and residualBlock fuse', async () => {
  const [conv, bn] = [new Conv2d(4, 4, 1), new BatchNorm2d(4)];
  const nets = [new Sequential(conv, relu), new Sequential(conv, bn, relu)];
  const weights = [noise(9 * 16, 6), noise(9 * 16, 7)].map((values) => tensor(values, [3, 3, 4, 4]));
  const part = (k: number) => ({ weight: weights[k]!, offset: tensor(noise(4, k)), options: { padding: 1 } });
  const block = { conv1: part(0), slope: tensor([0.25]), conv2: part(1), lastSlope: tensor(noise(4, 8)) };
  for (const odd of ODD) {
    const x = spoiled(odd, [1, 4, 4, 4]);
    noGrad(() => nets.map((net) => net.eval()));
    await same(odd, nets[0]!.forward(x), relu(conv.forward(x)), 'conv and ReLU');
    for (const net of [nets[1]!.forward(x), nets[1]!.inference(() => nets[1]!.forward(x))])
      await same(odd, net, relu(bn.forward(conv.forward(x))), 'conv, norm and ReLU');
    await same(odd, residualBlock(x, block), composedResidualBlock(x, block), 'residual block');
  }
  for (const net of nets) net.dispose();
});

for (const { name } of normFamily.variants)
  test(`variant ${name} of norms: a channel with one odd value is NaN, and its running statistics stay`, async () => {
    const shape = [2, 13, 43, 3] as const;
    for (const odd of [NAN, INF]) {
      const [mean, spread] = [tensor([5, 5, 5]), tensor([7, 7, 7])];
      const x = spoiled(odd, shape);
      const [weight, bias] = [tensor([1, 1, 1]), tensor([0, 0, 0])];
      const options = { train: true, slope: 0.2 };
      const y = await withVariant('norm', name, () => batchNorm(x, weight, bias, mean, spread, options)).floats();
      y.forEach((value, k) => {
        is(Number.isNaN(value), k % 3 === 1, `${odd}: value ${k} is ${value}`);
      });
      is((await mean.floats())[1], 5);
      is((await spread.floats())[1], 7);
      ok((await spread.floats())[0] !== 7);
    }
  });

test('norms of one pixel are refused, as PyTorch refuses them', () => {
  const x = tensor([1, 2, 3, 4], [2, 1, 1, 2]);
  throws(() => instanceNorm(x), /instanceNorm: x is \[2, 1, 1, 2\], expected more than one pixel/);
  throws(() => adain(x, tensor(noise(8, 1), [2, 4])), /adain: x is \[2, 1, 1, 2\], expected more than one pixel/);
});

test('losses and similarities', async () => {
  ok(Number.isNaN(await hingeFake(tensor([NAN, 1])).item()));
  const cosines = cosineSimilarity(tensor([NAN, 1, 3, 4], [2, 2]), tensor([1, 1, 3, 4], [2, 2]));
  const [first, second] = await cosines.floats();
  ok(Number.isNaN(first) && Math.abs(second! - 1) < 1e-6);
});

test('a class ruled out by −∞ costs nothing and learns nothing; as the label it costs infinity', async () => {
  const logits = tensor([0.5, -INF, 1, 2], [1, 4], { requiresGrad: true });
  const loss = crossEntropy(logits, tensor(Int32Array.of(3)));
  ok(Math.abs((await loss.item()) - 0.4643687) < 1e-6);
  const right = [0.1402443, 0, 0.2312239, -0.3714683];
  (await grad(loss, [logits])[0]!.floats()).forEach((value, k) => {
    ok(Math.abs(value - right[k]!) < 1e-6, `gradient ${k}: ${value}`);
  });
  is(await crossEntropy(logits, tensor(Int32Array.of(1))).item(), INF);
});

test('ties of max share its gradient, over several axes too', async () => {
  const x = tensor([1, 2, 2, 0, 2, 2], [1, 3, 2], { requiresGrad: true });
  const gradientOf = async (y: Tensor) => [...(await grad(sum(y), [x])[0]!.floats())];
  equal(await gradientOf(max(x)), [0, 0.25, 0.25, 0, 0.25, 0.25]);
  equal(await gradientOf(max(x, 1)), [0, 0.5, 0.5, 0, 0.5, 0.5]);
});

test('variance and gradient norms of f16, whose squares do not fit it', async () => {
  if (!gpu.device.features.has('shader-f16')) return;
  const values = new Float32Array(100);
  values[0] = 400;
  const half = cast(tensor(values, [100, 1]), 'f16');
  for (const axes of [undefined, 0]) is((await variance(half, axes).floats())[0], 1584);
  const { norm, gradients } = clipGradientNorm([half], 200);
  is(await norm.item(), 400);
  is((await gradients[0]!.floats())[0], 200);
});

test.run();
