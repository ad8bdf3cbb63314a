import { ArgumentError, checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { Layer, Linear, ModuleList, Sequential } from '@visage/nn';
import { cast, resize, type Tensor } from '@visage/tensor';
import { checkShape } from '@visage/tensor/kernels';
import { JsonReader } from '../core/json.ts';
import { fromUnit } from './colorSpace.ts';
import { convNormRelu } from './convLayers.ts';

/** Size of a {@link LandmarkNetwork}. Plain data: it travels in checkpoints. */
export interface LandmarkConfig {
  /** Channels of the first map; each halving doubles them, up to eight times. */
  readonly channels: number;
  readonly halvings: number;
  readonly points: number;
  /** Side of the square input. */
  readonly inputSize: number;
}

const CONFIG: OptionKeys<LandmarkConfig> = { channels: true, halvings: true, points: true, inputSize: true };
const MOST_GROWTH = 8;

/** The architecture that a file of a {@link LandmarkNetwork} names. */
export const landmarkArchitecture = 'landmarks';

/**
 * Finds points of a face: halvings of two convolutions each with batch norms, then a linear layer on the last map,
 * which keeps where things lie.
 *
 * State: `body.0` …, `head`.
 */
export class LandmarkNetwork extends Layer {
  readonly config: LandmarkConfig;
  readonly body: readonly Sequential[];
  readonly head: Linear;

  /** @throws ArgumentError for sizes out of range, and for an input that the halvings do not divide. */
  constructor(config: LandmarkConfig) {
    super();
    checkOptions('LandmarkNetwork', config, CONFIG);
    const { channels, halvings, points, inputSize } = config;
    for (const [name, value] of Object.entries({ channels, points, inputSize }))
      checkInteger('LandmarkNetwork', name, value, 1);
    checkInteger('LandmarkNetwork', 'halvings', halvings, 1, 8);
    const side = inputSize / 2 ** halvings;
    if (!Number.isInteger(side))
      throw new ArgumentError('LandmarkNetwork', 'inputSize', String(inputSize), `a multiple of ${2 ** halvings}`);
    this.config = config;
    const width = (k: number): number => (k < 0 ? 3 : channels * Math.min(MOST_GROWTH, 2 ** k));
    this.body = Array.from(
      { length: halvings },
      (_, k) => new Sequential(convNormRelu(width(k - 1), width(k), 2), convNormRelu(width(k), width(k))),
    );
    this.child('body', new ModuleList(this.body));
    const last = width(halvings - 1);
    this.head = this.child('head', new Linear(last * side * side, 2 * points, { flattened: [last, side, side] }));
  }

  /** Images [N, H, W, 3] in [0, 1] → points [N, points, 2], x and y as shares of the side, f32. */
  forward(images: Tensor): Tensor {
    checkShape('LandmarkNetwork', 'images', images.shape, [null, null, null, 3], 'Images are NHWC');
    const { inputSize: side, points } = this.config;
    const fits = images.dim(1) === side && images.dim(2) === side;
    let map = fromUnit(fits ? images : resize(images, [side, side], 'bilinear'), 'signed');
    for (const layers of this.body) map = layers.forward(map);
    const flat = map.reshape([map.dim(0), -1]);
    // Around the middle of the face, so that the layer begins near every point.
    return cast(this.head.forward(flat), 'f32')
      .add(0.5)
      .reshape([map.dim(0), points, 2]);
  }
}

/** Checks the JSON of a {@link LandmarkConfig}; every number is bounded. */
export function readLandmarkConfig(json: unknown): LandmarkConfig {
  const from = new JsonReader(json, 'landmarks');
  return {
    channels: from.integer('channels', 1, 512),
    halvings: from.integer('halvings', 1, 8),
    points: from.integer('points', 1, 1024),
    inputSize: from.integer('inputSize', 8, 1024),
  };
}
