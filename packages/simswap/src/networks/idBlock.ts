import { Conv2d, Linear, Module, Sequential } from '@visage/nn';
import type { Tensor } from '@visage/tensor';
import { convAdain, type LinearParameters, linears } from '@visage/tensor/kernels';
import { affineParameters, paddedByConvolution } from './blocks.ts';

/** Added to the variance inside the root, as in the published code; matters in f32 only. */
const EPSILON = 1e-8;

/** The affine map from a latent to the scale and shift of each channel: state `linear.weight`, `linear.bias`. */
class Style extends Module {
  readonly affine: LinearParameters;

  constructor(latent: number, channels: number) {
    super();
    this.affine = affineParameters(this.child('linear', new Linear(latent, 2 * channels)));
  }
}

/**
 * ID block, where the source's identity enters: a residual block of two reflect-padded convolutions, each followed by
 * adaptive instance norm.
 *
 * y = relu(adain(conv1 x, style1 z)), out = x + adain(conv2 y, style2 z), where
 * adain(x, (s, b)) = (1 + s) · norm(x) + b.
 *
 * Shapes [N, H, W, C], z [N, latent]. SimSwap (Chen et al. 2020), section 3.
 */
export class IdBlock extends Module {
  readonly conv1: Sequential;
  readonly style1: Style;
  readonly conv2: Sequential;
  readonly style2: Style;
  readonly #convolutions: readonly [Conv2d, Conv2d];

  constructor(channels: number, latent: number) {
    super();
    const convolution = () => new Conv2d(channels, channels, 3, { padding: 1, paddingMode: 'reflect' });
    const first = convolution(); // weights are drawn in the order in which layers are made: a seed names all of them
    this.conv1 = this.child('conv1', new Sequential(paddedByConvolution, first));
    this.style1 = this.child('style1', new Style(latent, channels));
    const second = convolution();
    this.conv2 = this.child('conv2', new Sequential(paddedByConvolution, second));
    this.style2 = this.child('style2', new Style(latent, channels));
    this.#convolutions = [first, second];
  }

  forward(x: Tensor, latent: Tensor): Tensor {
    return this.styled(x, stylesOf([this], latent)[0] as BlockStyles);
  }

  /** The block from styles that were computed already; see {@link stylesOf}. */
  styled(x: Tensor, [first, second]: BlockStyles): Tensor {
    const [conv1, conv2] = this.#convolutions;
    const y = convAdain(x, conv1, first, { eps: EPSILON, relu: true });
    return convAdain(y, conv2, second, { eps: EPSILON, residual: x });
  }
}

/** [N, 2·channels] for each of a block's two norms: the scales, as their distance from 1, then the shifts. */
export type BlockStyles = readonly [Tensor, Tensor];

/** The styles of several blocks from one batch of latents [N, latent], in few launches. */
export function stylesOf(blocks: Iterable<IdBlock>, latent: Tensor): BlockStyles[] {
  const list = [...blocks];
  if (list.length === 0) return [];
  const styles = linears(
    latent,
    list.flatMap(({ style1, style2 }) => [style1.affine, style2.affine]),
  );
  return list.map((_, k) => [styles[2 * k] as Tensor, styles[2 * k + 1] as Tensor]);
}
