import { Conv2d, Module } from '@visage/nn';
import { resize, type Tensor } from '@visage/tensor';
import { elementOf } from '../core/lists.ts';
import { stageChannels } from './blocks.ts';

/** A pointwise convolution under the name that published files give it, `out_conv`. */
class Fusion extends Module {
  readonly convolution: Conv2d;

  constructor(inChannels: number, outChannels: number) {
    super();
    this.convolution = this.child('out_conv', new Conv2d(inChannels, outChannels, 1));
  }

  /** Enlarges by 2, corner pixels onto corner pixels, and mixes the channels. */
  forward(x: Tensor): Tensor {
    return this.convolution.forward(resize(x, [2 * x.dim(1), 2 * x.dim(2)], 'bilinear', true));
  }
}

/**
 * Random projection of a pyramid of feature maps: channels of each level are mixed, then levels, by pointwise
 * convolutions that are never trained, so that a discriminator cannot rest on a few features that happen to be easy.
 *
 * Maps c0 … c3 at 1/4 … 1/32 of the side → p3 = F3(C3 c3), pk = Fk(p(k+1) + Ck ck), with Fk doubling the side: 64, 64,
 * 128 and 256 channels at 1/2 … 1/16. State `layer0_ccm`, …, `layer3_csm.out_conv`, …, `layer0_csm.out_conv`. Sauer et
 * al., Projected GANs, 2021.
 */
export class RandomProjection extends Module {
  readonly channelMixing: readonly Conv2d[];
  readonly scaleMixing: readonly Fusion[];
  /** Channels of the projected maps. */
  readonly channels: readonly number[];

  /** @param from channels of the maps to be projected. */
  constructor(from: readonly number[], width: number) {
    super();
    const mixed = stageChannels(width);
    const [m0, m1, m2] = mixed;
    this.channels = [m0, m0, m1, m2];
    const levels = mixed.map((count, k) => ({
      level: k,
      from: elementOf(from, k, 'channels of the feature maps'),
      mixed: count,
      to: elementOf(this.channels, k, 'channels'),
    }));
    this.channelMixing = levels.map(({ level, from, mixed }) =>
      this.child(`layer${level}_ccm`, new Conv2d(from, mixed, 1)),
    );
    const fusions = [...levels]
      .reverse()
      .map(({ level, mixed, to }) => this.child(`layer${level}_csm`, new Fusion(mixed, to)));
    this.scaleMixing = fusions.reverse();
  }

  forward(maps: readonly Tensor[]): Tensor[] {
    const projected: Tensor[] = [];
    for (const [k, mixing] of [...this.channelMixing.entries()].reverse()) {
      const mixed = mixing.forward(elementOf(maps, k, 'maps'));
      const below = projected[0];
      projected.unshift(elementOf(this.scaleMixing, k, 'scaleMixing').forward(below ? below.add(mixed) : mixed));
    }
    return projected;
  }
}
