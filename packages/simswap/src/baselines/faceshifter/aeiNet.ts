import { ArgumentError, checkInteger, checkNumber, checkOneOf, checkOptions, type OptionKeys } from '@visage/gpu';
import { ConvTranspose2d, Module, ModuleList } from '@visage/nn';
import { sigmoid, type Tensor } from '@visage/tensor';
import { checkShape } from '@visage/tensor/kernels';
import { AadBlock } from './aad.ts';
import { doubled, UNet } from './unet.ts';

/** Size of an {@link AeiNet}. Plain data. */
export interface AeiNetConfig {
  /** Scales every channel count; 1 is the published network. */
  readonly width: number;
  /** Number of halvings of the attribute encoder; 7 in the published network. */
  readonly levels: number;
  /** Side of the square images, a multiple of 2^levels; 256 in the published network, which leaves maps of 2×2. */
  readonly imageSize: number;
  /** Length of the identity vector; 512 with the published ArcFace. */
  readonly identity: number;
  /** Where the generator's channels begin to fall: `late`, behind three blocks at full width (the paper), or `early`, behind two. */
  readonly taper: 'late' | 'early';
}

/** The published network, at 256 pixels. */
export const publishedAeiNet: AeiNetConfig = { width: 1, levels: 7, imageSize: 256, identity: 512, taper: 'late' };

const CONFIG: OptionKeys<AeiNetConfig> = { width: true, levels: true, imageSize: true, identity: true, taper: true };

const STAGES = [32, 64, 128, 256, 512, 1024, 1024] as const;

/**
 * FaceShifter's first stage. A U-Net reads the target's attributes at every scale; a generator starts from the source's identity alone and takes the
 * attributes in, scale by scale, through AAD blocks.
 *
 * [N, S, S, 3] targets in [0, 1] and [N, identity] unit vectors → [N, S, S, 3]. State `down`, `up`, `first`, `blocks`. Li et al., FaceShifter, 2019,
 * section 3.1.
 */
export class AeiNet extends Module {
  readonly unet: UNet;
  readonly first: ConvTranspose2d;
  readonly blocks: ModuleList<AadBlock>;

  constructor(readonly config: AeiNetConfig = publishedAeiNet) {
    super();
    const { width, levels, imageSize, identity, taper } = config;
    checkOptions('AeiNet', config, CONFIG);
    checkNumber('AeiNet', 'width', width, 0);
    checkInteger('AeiNet', 'levels', levels, 2, STAGES.length);
    checkInteger('AeiNet', 'identity', identity, 1);
    checkOneOf('AeiNet', 'taper', taper, ['late', 'early']);
    const side = imageSize / 2 ** levels;
    if (!Number.isInteger(side) || side < 1)
      throw new ArgumentError(
        'AeiNet',
        'imageSize',
        String(imageSize),
        `a multiple of ${2 ** levels}, for ${levels} levels`,
      );
    const stages = STAGES.slice(0, levels).map((n) => Math.max(4, Math.floor(n * width)));
    this.unet = new UNet(3, stages);
    this.child('down', this.unet.down);
    this.child('up', this.unet.up);
    const deepest = stages.at(-1)!;
    this.first = this.child('first', new ConvTranspose2d(identity, deepest, side));
    const falling = [...stages].reverse();
    const outs = taper === 'late' ? [deepest, ...falling.slice(0, -1), 3] : [...falling, 3];
    const drivers = [...this.unet.channels, this.unet.channels.at(-1)!];
    const blocks = outs.map((c, k) => new AadBlock(outs[k - 1] ?? deepest, c, { attributes: drivers[k]!, identity }));
    this.blocks = this.child('blocks', new ModuleList(blocks));
  }

  /** The attribute maps of images, 2×2 to full size (the last is the one before it, doubled): what the attribute loss compares. */
  attributes(images: Tensor): Tensor[] {
    const { imageSize } = this.config;
    checkShape('AeiNet', 'images', images.shape, [null, imageSize, imageSize, 3], 'Images are NHWC');
    const maps = this.unet.maps(images);
    return [...maps, doubled(maps.at(-1)!)];
  }

  /** A face with the given attributes and identity. */
  generate(attributes: readonly Tensor[], identity: Tensor): Tensor {
    checkShape('AeiNet', 'identity', identity.shape, [null, this.config.identity], 'One vector per image');
    let h = this.first.forward(identity.reshape([identity.dim(0), 1, 1, identity.dim(1)]));
    for (const [k, block] of this.blocks.items.entries())
      h = block.forward(k > 0 ? doubled(h) : h, attributes[k]!, identity);
    return sigmoid(h);
  }

  forward(target: Tensor, identity: Tensor): Tensor {
    return this.generate(this.attributes(target), identity);
  }
}
