import { ArgumentError, checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { Conv2d, Layer, ModuleList, Sequential } from '@visage/nn';
import { cast, concat, resize, type Tensor } from '@visage/tensor';
import { checkShape } from '@visage/tensor/kernels';
import { JsonReader } from '../core/json.ts';
import { elementOf } from '../core/lists.ts';
import { fromUnit } from './colorSpace.ts';
import { convNormRelu } from './convLayers.ts';

/** Size of a {@link ParsingNetwork}. Plain data: it travels in checkpoints. */
export interface ParsingConfig {
  /** Channels of the first map; each halving doubles them. */
  readonly channels: number;
  readonly halvings: number;
  /** Names of the classes, in the order of their numbers. */
  readonly classes: readonly string[];
}

const CONFIG: OptionKeys<ParsingConfig> = { channels: true, halvings: true, classes: true };

/** The architecture that a file of a {@link ParsingNetwork} names. */
export const parsingArchitecture = 'parsing';

/**
 * Says what each pixel of a face shows: a small U-Net (Ronneberger et al. 2015) with batch norms, whose maps are
 * enlarged by bilinear interpolation.
 *
 * State: `down.0` …, two convolutions each, of which the first of all but one halves; `up.0` …, one convolution each;
 * `head`.
 */
export class ParsingNetwork extends Layer {
  readonly config: ParsingConfig;
  readonly down: readonly Sequential[];
  readonly up: readonly Sequential[];
  readonly head: Conv2d;

  /** @throws ArgumentError for sizes that are no integers above 0, and fewer than two classes. */
  constructor(config: ParsingConfig) {
    super();
    checkOptions('ParsingNetwork', config, CONFIG);
    checkInteger('ParsingNetwork', 'channels', config.channels, 1);
    checkInteger('ParsingNetwork', 'halvings', config.halvings, 1, 8);
    if (config.classes.length < 2)
      throw new ArgumentError('ParsingNetwork', 'classes', `${config.classes.length}`, 'two classes or more');
    this.config = config;
    const channels = Array.from({ length: config.halvings + 1 }, (_, k) => config.channels * 2 ** k);
    const at = (k: number): number => elementOf(channels, k, 'ParsingNetwork: channels');
    this.down = channels.map((to, k) =>
      k === 0
        ? new Sequential(convNormRelu(3, to), convNormRelu(to, to))
        : new Sequential(convNormRelu(at(k - 1), to, 2), convNormRelu(to, to)),
    );
    this.up = Array.from({ length: config.halvings }, (_, k) => {
      const level = config.halvings - 1 - k;
      return new Sequential(convNormRelu(at(level + 1) + at(level), at(level)));
    });
    this.child('down', new ModuleList(this.down));
    this.child('up', new ModuleList(this.up));
    this.head = this.child('head', new Conv2d(at(0), config.classes.length, 1));
  }

  /**
   * Logits of the classes, f32: images [N, H, W, 3] in [0, 1] → [N, H, W, classes].
   *
   * @throws ArgumentError unless both sides are divisible by 2^halvings.
   */
  forward(images: Tensor): Tensor {
    checkShape('ParsingNetwork', 'images', images.shape, [null, null, null, 3], 'Images are NHWC');
    const unit = 2 ** this.config.halvings;
    if (images.dim(1) % unit !== 0 || images.dim(2) % unit !== 0)
      throw new ArgumentError(
        'ParsingNetwork',
        'images',
        `${images.dim(1)} x ${images.dim(2)} pixels`,
        `sides divisible by ${unit}`,
      );
    const maps: Tensor[] = [];
    let map = fromUnit(images, 'signed');
    for (const layers of this.down) {
      map = layers.forward(map);
      maps.push(map);
    }
    for (const [k, layers] of this.up.entries()) {
      const beside = elementOf(maps, this.config.halvings - 1 - k, 'ParsingNetwork: maps');
      map = layers.forward(concat([resize(map, [beside.dim(1), beside.dim(2)], 'bilinear'), beside], 3));
    }
    return cast(this.head.forward(map), 'f32');
  }
}

/** Checks the JSON of a {@link ParsingConfig}; every number is bounded. */
export function readParsingConfig(json: unknown): ParsingConfig {
  const from = new JsonReader(json, 'parsing');
  const { classes } = json as { classes?: unknown };
  const named = Array.isArray(classes) && classes.every((name) => typeof name === 'string' && name.length <= 40);
  if (!named || classes.length < 2 || classes.length > 256)
    throw new ArgumentError('configuration', 'parsing.classes', typeof classes, 'a list of 2 to 256 names');
  return {
    channels: from.integer('channels', 1, 512),
    halvings: from.integer('halvings', 1, 8),
    classes: classes as string[],
  };
}
