import { BatchNorm2d, Conv2d, Module, Sequential } from '@visage/nn';
import { avgPool2d, checkShape, leakyRelu, type Tensor } from '@visage/tensor';

/** Size of a {@link PatchDiscriminator}. Plain data: it travels in checkpoints. */
export interface DiscriminatorConfig {
  /** Scales every channel count; 1 is the published network. */
  readonly width: number;
  /** Number of halving convolutions; 4 in the published network. */
  readonly layers: number;
  /** Number of scales, each half the size of the one before, each with weights of its own; 2 in the published network. */
  readonly scales: number;
}

/** The published two-scale discriminator. */
export const publishedDiscriminator: DiscriminatorConfig = { width: 1, layers: 4, scales: 2 };

/** What a discriminator says of a batch at one scale. */
export interface PatchOutput {
  /** Feature maps, shallow to deep. */
  readonly features: readonly Tensor[];
  /** [N, h, w, 1]: how real each patch looks. */
  readonly logits: Tensor;
}

const SLOPE = 0.2;
const leaky = (x: Tensor): Tensor => leakyRelu(x, SLOPE);
const channelsAt = (width: number, layer: number): number =>
  Math.max(4, Math.floor(64 * 2 ** Math.min(layer, 3) * width));

/**
 * PatchGAN discriminator: 4×4 convolutions of stride 2, one of stride 1, and one to a map of logits; batch norm but in the first.
 *
 * [N, H, W, 3] → feature maps and patch logits. State `down1.0`, `down2.0`, `down2.1`, …, `conv1.0`, `conv1.1`, `conv2.0`, as published.
 */
export class PatchDiscriminator extends Module {
  readonly stages: readonly Sequential[];
  readonly toLogits: Sequential;

  constructor({ width, layers }: Pick<DiscriminatorConfig, 'width' | 'layers'> = publishedDiscriminator) {
    super();
    const block = (inChannels: number, outChannels: number, stride: number) =>
      new Sequential(
        new Conv2d(inChannels, outChannels, 4, { stride, padding: 1 }),
        new BatchNorm2d(outChannels),
        leaky,
      );
    const channels = Array.from({ length: layers }, (_, k) => channelsAt(width, k));
    const deepest = channels.at(-1)!;
    this.stages = [
      this.child('down1', new Sequential(new Conv2d(3, channels[0]!, 4, { stride: 2, padding: 1 }), leaky)),
      ...channels.slice(1).map((c, k) => this.child(`down${k + 2}`, block(channels[k]!, c, 2))),
      this.child('conv1', block(deepest, deepest, 1)),
    ];
    this.toLogits = this.child('conv2', new Sequential(new Conv2d(deepest, 1, 4, { padding: 1 })));
  }

  forward(images: Tensor): PatchOutput {
    checkShape('PatchDiscriminator', 'images', images.shape, [null, null, null, 3], 'Images are NHWC');
    const features: Tensor[] = [];
    let x = images;
    for (const stage of this.stages) {
      x = stage.forward(x);
      features.push(x);
    }
    return { features, logits: this.toLogits.forward(x) };
  }
}

/** Halves height and width: mean of the 3×3 neighbourhood, of the pixels that exist. */
const halve = (x: Tensor): Tensor => avgPool2d(x, { kernel: 3, stride: 2, padding: 1, countIncludePad: false });

/** Independent {@link PatchDiscriminator}s on the image at full size, half size, …: state `0.…`, `1.…`. SimSwap (Chen et al. 2020), section 3. */
export class Discriminator extends Module {
  readonly config: DiscriminatorConfig;
  readonly scales: readonly PatchDiscriminator[];

  constructor(config: DiscriminatorConfig = publishedDiscriminator) {
    super();
    this.config = config;
    this.scales = Array.from({ length: config.scales }, (_, k) =>
      this.child(String(k), new PatchDiscriminator(config)),
    );
  }

  /** One output per scale, full size first. */
  forward(images: Tensor): PatchOutput[] {
    let x = images;
    return this.scales.map((network, scale) => {
      if (scale > 0) x = halve(x);
      return network.forward(x);
    });
  }
}
