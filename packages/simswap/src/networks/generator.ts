import {
  ArgumentError,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  type OptionKeys,
} from '@visage/gpu';
import { Conv2d, Module, ModuleList, Sequential } from '@visage/nn';
import { cast, type Tensor, tanh } from '@visage/tensor';
import { checkShape, checkTensor, showShape } from '@visage/tensor/kernels';
import { down, paddedByConvolution, stem, up } from './blocks.ts';
import { type ColorSpace, fromUnit, toUnit } from './colorSpace.ts';
import { type BlockStyles, IdBlock, stylesOf } from './idBlock.ts';
import { stageChannels } from './widths.ts';

/** Size and form of a {@link Generator}. Plain data: it travels in checkpoints. */
export interface GeneratorConfig {
  /** Scales every channel count; 1 is the published network. */
  readonly width: number;
  /** Number of ID blocks; 9 in the published networks. */
  readonly blocks: number;
  /** Length of the identity latent; 512 in the published networks. */
  readonly latent: number;
  /** `tanh`: images in [0, 1] on both ends (the released weights). `linear`: ImageNet-normalised on both ends (the 2022 training code). */
  readonly head: 'tanh' | 'linear';
  /** A fourth halving with as many channels, before the ID blocks (the training code's choice for 512 pixels). */
  readonly deep: boolean;
  /** A full-size level of half the width in front and behind (the layout of the released 512 weights). */
  readonly halfWidthStem: boolean;
}

/** The published 224-pixel generator. */
export const publishedGenerator: GeneratorConfig = {
  width: 1,
  blocks: 9,
  latent: 512,
  head: 'tanh',
  deep: false,
  halfWidthStem: false,
};

const CONFIG: OptionKeys<GeneratorConfig> = {
  width: true,
  blocks: true,
  latent: true,
  head: true,
  deep: true,
  halfWidthStem: true,
};

/** Throws unless every number of a configuration is there and makes a network. */
function checkConfig(config: GeneratorConfig): void {
  checkOptions('Generator', config, CONFIG);
  checkNumber('Generator', 'width', config.width, 0);
  checkInteger('Generator', 'blocks', config.blocks, 0);
  checkInteger('Generator', 'latent', config.latent, 1);
  checkOneOf('Generator', 'head', config.head, ['tanh', 'linear']);
  for (const name of ['deep', 'halfWidthStem'] as const) checkBoolean('Generator', name, config[name]);
}

/**
 * SimSwap's generator: an encoder, ID blocks that inject the identity, a decoder; no skip connections.
 *
 * [N, H, W, 3] target images and [N, latent] identities (unit length) → [N, H, W, 3]. Height and width must be multiples of
 * {@link Generator.stride}. Images are in {@link Generator.colorSpace}. State under the published names. SimSwap (Chen et al. 2020), section 3.
 */
export class Generator extends Module {
  readonly config: GeneratorConfig;
  readonly colorSpace: ColorSpace;
  /** Side of the image over side of the map in the ID blocks. */
  readonly stride: number;
  readonly encoder: readonly Sequential[];
  readonly blocks: ModuleList<IdBlock>;
  readonly decoder: readonly Sequential[];
  readonly last: Sequential;

  constructor(config: GeneratorConfig = publishedGenerator) {
    super();
    checkConfig(config);
    this.config = config;
    this.colorSpace = config.head === 'tanh' ? 'unit' : 'imagenet';
    const channels = generatorLevels(config);
    const pairs = channels.slice(1).map((c, k) => [channels[k]!, c] as const);
    this.stride = 2 ** pairs.length;
    // The published names count from the level of 64 channels: down0 exists in the half-width layout only, down4 in the deep one.
    const number = (k: number) => k + (config.halfWidthStem ? 0 : 1);
    this.encoder = [
      this.child('first_layer', stem(3, channels[0]!)),
      ...pairs.map(([outer, inner], k) => this.child(`down${number(k)}`, down(outer, inner))),
    ];
    const inner = channels.at(-1)!;
    const blocks = Array.from({ length: config.blocks }, () => new IdBlock(inner, config.latent));
    this.blocks = this.child('BottleNeck', new ModuleList(blocks));
    this.decoder = pairs
      .map(([outer, inner], k) => ({ outer, inner, name: `up${number(k)}` }))
      .reverse()
      .map(({ outer, inner, name }) => this.child(name, up(inner, outer)));
    const toImage = new Conv2d(channels[0]!, 3, 7, { padding: 3, paddingMode: 'reflect' });
    this.last = this.child('last_layer', new Sequential(paddedByConvolution, toImage));
  }

  /** Swaps in the generator's own colour space; see {@link Generator.swap} for images in [0, 1]. */
  forward(target: Tensor, latent: Tensor): Tensor {
    this.#check(target, latent);
    let x = target;
    for (const layer of this.encoder) x = layer.forward(x);
    const styles = stylesOf(this.blocks, latent);
    for (const [k, block] of this.blocks.items.entries()) x = block.styled(x, styles[k] as BlockStyles);
    for (const layer of this.decoder) x = layer.forward(x);
    const y = cast(this.last.forward(x), 'f32'); // images and their losses are f32, also when the maps are not
    return this.config.head === 'tanh' ? tanh(y).add(1).mul(0.5) : y;
  }

  /** Swaps with images in [0, 1] on both ends, whatever the head. */
  swap(target: Tensor, latent: Tensor): Tensor {
    return toUnit(this.forward(fromUnit(target, this.colorSpace), latent), this.colorSpace);
  }

  #check(target: Tensor, latent: Tensor): void {
    checkTensor('Generator', 'target', target);
    checkTensor('Generator', 'latent', latent);
    checkShape('Generator', 'target', target.shape, [null, null, null, 3], 'Images are NHWC');
    if (target.dim(1) % this.stride !== 0 || target.dim(2) % this.stride !== 0) {
      throw new ArgumentError(
        'Generator',
        'target',
        showShape(target.shape),
        `height and width that divide by ${this.stride}`,
      );
    }
    checkShape('Generator', 'latent', latent.shape, [target.dim(0), this.config.latent], 'One identity per image');
  }
}

/** Channels of each level of a generator, full size first. */
export function generatorLevels({ width, deep, halfWidthStem }: GeneratorConfig): number[] {
  const stages: number[] = stageChannels(width);
  if (halfWidthStem) stages.unshift(Math.max(4, Math.floor(32 * width)));
  if (deep) stages.push(stages.at(-1)!);
  return stages;
}
