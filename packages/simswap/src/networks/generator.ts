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
import { cast, type Tensor } from '@visage/tensor';
import { checkShape, checkTensor, showShape, tanhToUnit } from '@visage/tensor/kernels';
import { consecutive, elementOf } from '../core/lists.ts';
import { down, paddedByConvolution, stageChannels, stem, up, ZeroConv } from './blocks.ts';
import { type ColorSpace, fromUnit, toUnit } from './colorSpace.ts';
import { type BlockStyles, IdBlock, stylesOf } from './idBlock.ts';

/** Size and form of a {@link Generator}. Plain data: it travels in checkpoints. */
export interface GeneratorConfig {
  /** Scales every channel count; 1 is the published network. */
  readonly width: number;
  /** Number of ID blocks; 9 in the published networks. */
  readonly blocks: number;
  /** Length of the identity latent; 512 in the published networks. */
  readonly latent: number;
  /**
   * `tanh`: images in [0, 1] on both ends (the released weights). `linear`: ImageNet-normalised on both ends (the 2022
   * training code).
   */
  readonly head: 'tanh' | 'linear';
  /** A fourth halving with as many channels, before the ID blocks (the training code's choice for 512 pixels). */
  readonly deep: boolean;
  /** A full-size level of half the width in front and behind (the layout of the released 512 weights). */
  readonly halfWidthStem: boolean;
  /**
   * Skip connections from the encoder to the decoder at every size, so that what the result shares with the target need
   * not pass through the small maps of the ID blocks. The published networks have none.
   */
  readonly skips: boolean;
}

/** The published 224-pixel generator. */
export const publishedGenerator: GeneratorConfig = {
  width: 1,
  blocks: 9,
  latent: 512,
  head: 'tanh',
  deep: false,
  halfWidthStem: false,
  skips: false,
};

const CONFIG: OptionKeys<GeneratorConfig> = {
  width: true,
  blocks: true,
  latent: true,
  head: true,
  deep: true,
  halfWidthStem: true,
  skips: true,
};

/** @throws ArgumentError unless the configuration has every field, and values that make a network. */
function checkConfig(config: GeneratorConfig): void {
  checkOptions('Generator', config, CONFIG);
  checkNumber('Generator', 'width', config.width, 0);
  checkInteger('Generator', 'blocks', config.blocks, 0);
  checkInteger('Generator', 'latent', config.latent, 1);
  checkOneOf('Generator', 'head', config.head, ['tanh', 'linear']);
  for (const name of ['deep', 'halfWidthStem', 'skips'] as const) checkBoolean('Generator', name, config[name]);
}

/**
 * SimSwap's generator: an encoder, ID blocks that inject the identity, a decoder.
 *
 * The published networks have no skip connections. With {@link GeneratorConfig.skips} each level of the decoder is
 * up(x) + z(e), where e is the map of the encoder at that size and z a {@link ZeroConv}: a generator that is given skip
 * connections swaps as before until it has learned to use them.
 *
 * [N, H, W, 3] target images and [N, latent] identities (unit length) → [N, H, W, 3]. Height and width must be
 * multiples of {@link Generator.stride}. Images are in {@link Generator.colorSpace}. State under the published names.
 * SimSwap (Chen et al. 2020), section 3.
 */
export class Generator extends Module {
  readonly config: GeneratorConfig;
  readonly colorSpace: ColorSpace;
  /** Side of the image over side of the map in the ID blocks. */
  readonly stride: number;
  readonly encoder: readonly Sequential[];
  readonly blocks: ModuleList<IdBlock>;
  readonly decoder: readonly Sequential[];
  /** In the order of {@link Generator.decoder}; empty without skip connections. */
  readonly skips: readonly ZeroConv[];
  readonly last: Sequential;

  constructor(config: GeneratorConfig = publishedGenerator) {
    super();
    checkConfig(config);
    this.config = config;
    this.colorSpace = config.head === 'tanh' ? 'unit' : 'imagenet';
    const { full, deepest, halvings } = generatorLevels(config);
    this.stride = 2 ** halvings.length;
    // The published names count from the level of 64 channels: down0 exists in the half-width layout only, down4 in the
    // deep one.
    const number = (k: number) => k + (config.halfWidthStem ? 0 : 1);
    this.encoder = [
      this.child('first_layer', stem(3, full)),
      ...halvings.map(([outer, inner], k) => this.child(`down${number(k)}`, down(outer, inner))),
    ];
    const blocks = Array.from({ length: config.blocks }, () => new IdBlock(deepest, config.latent));
    this.blocks = this.child('BottleNeck', new ModuleList(blocks));
    this.decoder = halvings
      .map(([outer, inner], k) => ({ outer, inner, name: `up${number(k)}` }))
      .reverse()
      .map(({ outer, inner, name }) => this.child(name, up(inner, outer)));
    const sizes = config.skips ? [...halvings].reverse() : [];
    this.skips = sizes.map(([outer], k) => this.child(`skip${number(sizes.length - 1 - k)}`, new ZeroConv(outer)));
    const toImage = new Conv2d(full, 3, 7, { padding: 3, paddingMode: 'reflect' });
    this.last = this.child('last_layer', new Sequential(paddedByConvolution, toImage));
  }

  /**
   * Swaps in the generator's own colour space; see {@link Generator.swap} for images in [0, 1].
   *
   * @throws ArgumentError for shapes that do not fit.
   */
  forward(target: Tensor, latent: Tensor): Tensor {
    this.#check(target, latent);
    const encoded = this.#encoded(target);
    let x = elementOf(encoded, -1, 'encoded');
    const styles = stylesOf(this.blocks, latent);
    for (const [k, block] of this.blocks.items.entries()) x = block.styled(x, styles[k] as BlockStyles);
    for (const [k, layer] of this.decoder.entries()) x = this.#joined(layer.forward(x), k, encoded);
    const y = this.last.forward(x);
    // images and their losses are f32, also when the maps are not
    return this.config.head === 'tanh' ? tanhToUnit(y) : cast(y, 'f32');
  }

  /** Swaps with images in [0, 1] on both ends, whatever the head. */
  swap(target: Tensor, latent: Tensor): Tensor {
    return toUnit(this.forward(fromUnit(target, this.colorSpace), latent), this.colorSpace);
  }

  /** The maps of the encoder, full size first. */
  #encoded(target: Tensor): Tensor[] {
    const maps: Tensor[] = [];
    for (const layer of this.encoder) maps.push(layer.forward(maps.at(-1) ?? target));
    return maps;
  }

  /** The map of level k of the decoder, with that of the encoder at its size where a skip connection joins them. */
  #joined(x: Tensor, k: number, encoded: readonly Tensor[]): Tensor {
    const skip = this.skips[k];
    return skip ? x.add(skip.forward(elementOf(encoded, -2 - k, 'encoded'))) : x;
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

/** Channel counts of a generator by level. */
export interface GeneratorLevels {
  /** Of the maps at full size. */
  readonly full: number;
  /** Of the maps in the ID blocks. */
  readonly deepest: number;
  /** In front of and behind each halving, full size first. */
  readonly halvings: readonly (readonly [outer: number, inner: number])[];
}

/** The levels of a generator of a configuration. */
export function generatorLevels({ width, deep, halfWidthStem }: GeneratorConfig): GeneratorLevels {
  const stages = stageChannels(width);
  const deepest = elementOf(stages, -1, 'stageChannels');
  const outside = halfWidthStem ? [Math.max(4, Math.floor(32 * width))] : [];
  const channels = [...outside, ...stages, ...(deep ? [deepest] : [])];
  return { full: elementOf(channels, 0, 'generatorLevels'), deepest, halvings: consecutive(channels) };
}
