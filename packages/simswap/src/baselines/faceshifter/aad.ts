import { BatchNorm2d, Conv2d, Linear, Module } from '@visage/nn';
import { mul, relu, sigmoid, sub, type Tensor } from '@visage/tensor';

/** Channels that meet in an AAD layer. */
export interface AadSizes {
  /** Of the attribute map that drives it. */
  readonly attributes: number;
  /** Length of the identity vector. */
  readonly identity: number;
}

const same = { padding: 1 } as const;

/**
 * Adaptive attentional denormalisation: a normalised map under two affine maps, one from the attributes, per pixel, one
 * from the identity, per channel, and a mask that blends the two per pixel.
 *
 * n = norm(h), A = γ(z) ⊙ n + β(z), I = γ(id) ⊙ n + β(id), M = sigmoid(conv n), out = (1 − M) ⊙ A + M ⊙ I.
 *
 * Shapes: h [N, H, W, C], z [N, H, W, attributes], id [N, identity]. Li et al., FaceShifter, 2019, section 3.1; a mask
 * of C channels and 3×3 convolutions, as the larger of the public ports has them.
 */
class Aad extends Module {
  readonly norm: BatchNorm2d;
  readonly attributeScale: Conv2d;
  readonly attributeShift: Conv2d;
  readonly identityScale: Linear;
  readonly identityShift: Linear;
  readonly mask: Conv2d;

  constructor(channels: number, { attributes, identity }: AadSizes) {
    super();
    this.norm = this.child('norm', new BatchNorm2d(channels));
    this.attributeScale = this.child('att_gamma', new Conv2d(attributes, channels, 3, same));
    this.attributeShift = this.child('att_beta', new Conv2d(attributes, channels, 3, same));
    this.identityScale = this.child('id_gamma', new Linear(identity, channels));
    this.identityShift = this.child('id_beta', new Linear(identity, channels));
    this.mask = this.child('mask', new Conv2d(channels, channels, 3, same));
  }

  forward(h: Tensor, attributes: Tensor, identity: Tensor): Tensor {
    const normal = this.norm.forward(h);
    const perPixel = mul(this.attributeScale.forward(attributes), normal).add(this.attributeShift.forward(attributes));
    const vector = (layer: Linear) => layer.forward(identity).reshape([h.dim(0), 1, 1, h.dim(3)]);
    const perChannel = mul(normal, vector(this.identityScale)).add(vector(this.identityShift));
    return perPixel.add(mul(sigmoid(this.mask.forward(normal)), sub(perChannel, perPixel)));
  }
}

/**
 * AAD residual block: twice AAD, relu, 3×3 convolution; the shortcut goes through a third such triple where the
 * channels change.
 *
 * h [N, H, W, in] → [N, H, W, out]. State `aad1`, `conv1`, `aad2`, `conv2` and, with a changing shortcut, `aad3`,
 * `conv3`.
 */
export class AadBlock extends Module {
  readonly stages: readonly (readonly [Aad, Conv2d])[];
  readonly shortcut: readonly [Aad, Conv2d] | undefined;

  constructor(inChannels: number, outChannels: number, sizes: AadSizes) {
    super();
    const stage = (k: number, to: number): [Aad, Conv2d] => [
      this.child(`aad${k}`, new Aad(inChannels, sizes)),
      this.child(`conv${k}`, new Conv2d(inChannels, to, 3, same)),
    ];
    this.stages = [stage(1, inChannels), stage(2, outChannels)];
    this.shortcut = inChannels === outChannels ? undefined : stage(3, outChannels);
  }

  forward(h: Tensor, attributes: Tensor, identity: Tensor): Tensor {
    const run = (x: Tensor, [aad, conv]: readonly [Aad, Conv2d]): Tensor =>
      conv.forward(relu(aad.forward(x, attributes, identity)));
    const body = this.stages.reduce(run, h);
    return body.add(this.shortcut ? run(h, this.shortcut) : h);
  }
}
