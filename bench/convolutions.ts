import { conv2d, type PaddingMode, type Tensor } from '@visage/tensor';
import { type BenchCase, filled, forwardAndBackward, gemmChoice, type Sizes, type VariantChoice } from './case.ts';

/** A convolution of one of the networks. */
interface ConvLayer {
  readonly network: string;
  readonly name: string;
  readonly size: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly paddingMode?: PaddingMode;
}

/** Every different convolution of generator, discriminator and identity network. */
function layers({ size, width, channels: [c0, c1, c2, c3] }: Sizes): ConvLayer[] {
  const layer = (
    network: string,
    name: string,
    at: number,
    from: number,
    to: number,
    kernel: number,
    stride = 1,
  ): ConvLayer => ({
    network,
    name,
    size: at,
    channelsIn: from,
    channelsOut: to,
    kernel,
    stride,
    padding: kernel === 4 ? 1 : (kernel - 1) / 2,
  });
  const reflected = (x: ConvLayer): ConvLayer => ({ ...x, paddingMode: 'reflect' });
  const wide = (n: number) => Math.max(16, Math.floor(n * width)); // the identity network never gets narrower
  return [
    reflected(layer('generator', 'first', size, 3, c0, 7)),
    layer('generator', 'down1', size, c0, c1, 3, 2),
    layer('generator', 'down2', size / 2, c1, c2, 3, 2),
    layer('generator', 'down3', size / 4, c2, c3, 3, 2),
    reflected(layer('generator', 'ID block', size / 8, c3, c3, 3)),
    layer('generator', 'up3', size / 4, c3, c2, 3),
    layer('generator', 'up2', size / 2, c2, c1, 3),
    layer('generator', 'up1', size, c1, c0, 3),
    reflected(layer('generator', 'last', size, c0, 3, 7)),
    layer('discriminator', 'down1', size, 3, c0, 4, 2),
    layer('discriminator', 'down2', size / 2, c0, c1, 4, 2),
    layer('discriminator', 'down3', size / 4, c1, c2, 4, 2),
    layer('discriminator', 'down4', size / 8, c2, c3, 4, 2),
    layer('discriminator', 'conv1', size / 16, c3, c3, 4),
    layer('discriminator', 'conv2', size / 16 - 1, c3, 1, 4),
    layer('identity', 'stem', 112, 3, wide(64), 3),
    layer('identity', 'layer1', 55, wide(64), wide(64), 3),
    layer('identity', 'layer2', 28, wide(128), wide(128), 3),
    layer('identity', 'layer3', 14, wide(256), wide(256), 3),
    layer('identity', 'layer4', 7, wide(512), wide(512), 3),
  ];
}

const outSize = ({ size, kernel, stride, padding }: ConvLayer): number =>
  Math.floor((size + 2 * padding - kernel) / stride) + 1;

/** The kernel variant that each product of a layer takes, and why the ones before it declined. */
function variantsOf(layer: ConvLayer, batch: number, x: Tensor): Readonly<Record<string, VariantChoice>> {
  const { size, channelsIn, channelsOut, kernel, stride } = layer;
  const taps = kernel * kernel;
  const pixels = batch * outSize(layer) ** 2;
  const ask = (m: number, n: number, k: number, along: 'k' | 'm') => gemmChoice([m, n, k], along, x);
  // With a stride, input pixels fall into stride² classes, each with its share of the taps.
  const classPixels = batch * Math.ceil(size / stride) ** 2;
  return {
    'gemm/conv2d': ask(pixels, channelsOut, taps * channelsIn, 'k'),
    'gemm/conv2dWeightGrad': ask(taps * channelsIn, channelsOut, pixels, 'm'),
    'gemm/conv2dInputGrad': ask(classPixels, channelsIn, Math.ceil(kernel / stride) ** 2 * channelsOut, 'k'),
  };
}

/** Forward, input gradient and weight gradient of every convolution. */
export function convolutions(sizes: Sizes): BenchCase[] {
  return layers(sizes).map((layer) => {
    const { network, name, size, channelsIn, channelsOut, kernel, stride, padding, paddingMode } = layer;
    const title = `${name} ${kernel}x${kernel}${stride > 1 ? ` /${stride}` : ''} ${channelsIn}→${channelsOut} @${size}`;
    return {
      group: network,
      name: title,
      prepare: () => {
        const x = filled([sizes.batch, size, size, channelsIn]);
        const w = filled([kernel, kernel, channelsIn, channelsOut]);
        const run = forwardAndBackward([x, w], () => conv2d(x, w, undefined, { stride, padding, paddingMode }));
        return { run, inputs: [x, w], variants: variantsOf(layer, sizes.batch, x) };
      },
    };
  });
}
