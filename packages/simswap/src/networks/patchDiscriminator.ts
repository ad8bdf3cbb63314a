import { checkInteger, checkNumber, checkOptions, type OptionKeys } from '@visage/gpu';
import { BatchNorm2d, Conv2d, leaky, Module, Sequential } from '@visage/nn';
import { avgPool2d, type Tensor } from '@visage/tensor';
import { checkShape, checkTensor } from '@visage/tensor/kernels';
import { DiscriminatorNetwork, type FeatureMaps, type PatchOutput } from './discriminator.ts';

/** Size of a {@link PatchDiscriminator}. Plain data: it travels in checkpoints. */
export interface DiscriminatorConfig {
  readonly kind?: 'patch';
  /** Scales every channel count; 1 is the published network. */
  readonly width: number;
  /** Number of halving convolutions; 4 in the published network. */
  readonly layers: number;
  /** Number of scales, each half the size of the one before, each with weights of its own; 2 in the published network. */
  readonly scales: number;
}

/** The published two-scale discriminator. */
export const publishedDiscriminator: DiscriminatorConfig = { width: 1, layers: 4, scales: 2 };

const CONFIG: OptionKeys<DiscriminatorConfig> = { kind: true, width: true, layers: true, scales: true };

const SLOPE = 0.2;
const rectify = leaky(SLOPE);
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
    checkNumber('PatchDiscriminator', 'width', width, 0);
    checkInteger('PatchDiscriminator', 'layers', layers, 1);
    const block = (inChannels: number, outChannels: number, stride: number) =>
      new Sequential(
        new Conv2d(inChannels, outChannels, 4, { stride, padding: 1 }),
        new BatchNorm2d(outChannels),
        rectify,
      );
    const channels = Array.from({ length: layers }, (_, k) => channelsAt(width, k));
    const deepest = channels.at(-1)!;
    this.stages = [
      this.child('down1', new Sequential(new Conv2d(3, channels[0]!, 4, { stride: 2, padding: 1 }), rectify)),
      ...channels.slice(1).map((c, k) => this.child(`down${k + 2}`, block(channels[k]!, c, 2))),
      this.child('conv1', block(deepest, deepest, 1)),
    ];
    this.toLogits = this.child('conv2', new Sequential(new Conv2d(deepest, 1, 4, { padding: 1 })));
  }

  forward(images: Tensor): PatchOutput {
    const { features } = this.features(images);
    return { features, logits: this.toLogits.forward(features.at(-1)!) };
  }

  features(images: Tensor): FeatureMaps {
    checkTensor('PatchDiscriminator', 'images', images);
    checkShape('PatchDiscriminator', 'images', images.shape, [null, null, null, 3], 'Images are NHWC');
    const maps: Tensor[] = [];
    for (const stage of this.stages) maps.push(stage.forward(maps.at(-1) ?? images));
    return { features: maps };
  }
}

/** Halves height and width: mean of the 3×3 neighbourhood, of the pixels that exist. */
const halve = (x: Tensor): Tensor => avgPool2d(x, { kernel: 3, stride: 2, padding: 1, countIncludePad: false });

/** Independent {@link PatchDiscriminator}s on the image at full size, half size, …: state `0.…`, `1.…`. SimSwap (Chen et al. 2020), section 3. */
export class Discriminator extends DiscriminatorNetwork {
  readonly config: DiscriminatorConfig;
  readonly kind = 'patch';
  readonly colorSpace = undefined;
  readonly scales: readonly PatchDiscriminator[];

  constructor(config: DiscriminatorConfig = publishedDiscriminator) {
    super();
    checkOptions('Discriminator', config, CONFIG);
    checkInteger('Discriminator', 'scales', config.scales, 1);
    this.config = config;
    this.scales = Array.from({ length: config.scales }, (_, k) =>
      this.child(String(k), new PatchDiscriminator(config)),
    );
  }

  forward(images: Tensor): PatchOutput[] {
    return this.#scaled(images).map((x, scale) => this.scales[scale]!.forward(x));
  }

  features(images: Tensor): FeatureMaps[] {
    return this.#scaled(images).map((x, scale) => this.scales[scale]!.features(x));
  }

  /** The images at the size of each scale. */
  #scaled(images: Tensor): Tensor[] {
    const sizes = [images];
    while (sizes.length < this.scales.length) sizes.push(halve(sizes.at(-1)!));
    return sizes;
  }
}
