import { ArgumentError, checkInteger, checkNumber, checkOneOf, checkOptions, type OptionKeys } from '@visage/gpu';
import { BatchNorm2d, Layer, leaky, Module, Sequential, SpectralConv2d } from '@visage/nn';
import { concat, resize, type Tensor } from '@visage/tensor';
import { showShape } from '@visage/tensor/kernels';
import { DiscriminatorNetwork, type FeatureMaps, type PatchOutput } from './discriminator.ts';
import { EfficientNetLite, featureChannels } from './efficientNet.ts';
import { RandomProjection } from './projection.ts';

/** Size and form of a {@link ProjectedDiscriminator}. Plain data: it travels in checkpoints. */
export interface ProjectedConfig {
  readonly kind: 'projected';
  /** Scales the channel counts of projection and heads; 1 is the published network. */
  readonly width: number;
  /** Scales those of the feature network. */
  readonly featureWidth: number;
  /** Side to which images are resized first; 0: they are judged at their own, as in the published training code. At least 128, or no head has a patch. */
  readonly inputSize: number;
  /**
   * What the frozen feature network normalises by in training: `batch` statistics, as the published training code does (it never puts that
   * network into evaluation mode), or its `running` ones, as Projected GAN means it.
   */
  readonly featureStatistics: 'batch' | 'running';
}

const CONFIG: OptionKeys<ProjectedConfig> = {
  kind: true,
  width: true,
  featureWidth: true,
  inputSize: true,
  featureStatistics: true,
};

/** Throws unless a configuration is whole and makes a network. */
function checkConfig(config: ProjectedConfig): void {
  const op = 'ProjectedDiscriminator';
  checkOptions(op, config, CONFIG);
  for (const name of ['width', 'featureWidth'] as const) checkNumber(op, name, config[name], 0);
  checkInteger(op, 'inputSize', config.inputSize, 0);
  checkOneOf(op, 'featureStatistics', config.featureStatistics, ['batch', 'running']);
}

/** The projected discriminator of the training code of 2022. */
export const publishedProjected: ProjectedConfig = {
  kind: 'projected',
  width: 1,
  featureWidth: 1,
  inputSize: 0,
  featureStatistics: 'batch',
};

/** Channels of a head's maps by their level: the projected map of level 0 is the shallowest. */
const HEAD = [64, 128, 256, 512] as const;
const SLOPE = 0.2;
const rectify = leaky(SLOPE);
/** Side of the least image that leaves every head a patch: 1/32 of it must be 4. */
const LEAST = 128;

/** Halves a map: spectral norm convolution 4×4, batch norm, leaky relu. State `main.0`, `main.1`. */
class DownBlock extends Layer {
  readonly body: Sequential;

  constructor(inChannels: number, outChannels: number) {
    super();
    const convolution = new SpectralConv2d(inChannels, outChannels, 4, { stride: 2, padding: 1 });
    this.body = this.child('main', new Sequential(convolution, new BatchNorm2d(outChannels), rectify));
  }

  forward(x: Tensor): Tensor {
    return this.body.forward(x);
  }
}

/** One of the four small discriminators: halvings down to 1/32 of the image's side, then a 4×4 window to a logit. State `main.0`, …. */
class Head extends Layer {
  readonly body: Sequential;

  constructor(level: number, inChannels: number, width: number) {
    super();
    const channels = [inChannels, ...HEAD.slice(level).map((count) => Math.max(4, Math.floor(count * width)))];
    const blocks = channels.slice(1).map((count, k) => new DownBlock(channels[k]!, count));
    const toLogits = new SpectralConv2d(channels.at(-1)!, 1, 4, { bias: false });
    this.body = this.child('main', new Sequential(...blocks, toLogits));
  }

  forward(x: Tensor): Tensor {
    return this.body.forward(x);
  }
}

/** Children by name. */
class Named<M extends Module> extends Module {
  readonly items: readonly M[];

  constructor(items: Readonly<Record<string, M>>) {
    super();
    this.items = Object.entries(items).map(([name, item]) => this.child(name, item));
  }
}

/**
 * Projected discriminator: four small discriminators on random mixtures of the feature maps of a frozen, pretrained network.
 *
 * [N, H, W, 3] ImageNet-normalised images → one output: logits [N, patches of all heads], and as features the frozen network's four raw maps.
 * Only the heads are trained. State `feature_network.pretrained.…` ({@link EfficientNetLite}), `feature_network.scratch.…`
 * ({@link RandomProjection}), `discriminator.mini_discs.0.main.…`. Sauer et al. 2021, as the training code of SimSwap (2022) has it.
 */
export class ProjectedDiscriminator extends DiscriminatorNetwork {
  readonly config: ProjectedConfig;
  readonly kind = 'projected';
  readonly colorSpace = 'imagenet';
  readonly backbone: EfficientNetLite;
  readonly projection: RandomProjection;
  readonly heads: readonly Head[];

  constructor(config: ProjectedConfig = publishedProjected) {
    super();
    checkConfig(config);
    this.config = config;
    if (config.inputSize !== 0 && (config.inputSize < LEAST || config.inputSize % 32 !== 0)) {
      const expected = `0, or a multiple of 32 from ${LEAST} on`;
      throw new ArgumentError('ProjectedDiscriminator', 'inputSize', String(config.inputSize), expected);
    }
    this.backbone = new EfficientNetLite({ width: config.featureWidth });
    this.projection = new RandomProjection(featureChannels({ width: config.featureWidth }), config.width);
    const features = { pretrained: this.backbone, scratch: this.projection };
    this.child('feature_network', new Named<Module>(features)).freeze();
    const { channels } = this.projection;
    const heads = channels.map((count, level) => [String(level), new Head(level, count, config.width)] as const);
    const group = new Named<Head>(Object.fromEntries(heads));
    this.heads = group.items;
    this.child('discriminator', new Named({ mini_discs: group }));
  }

  override train(on = true): this {
    super.train(on);
    if (this.config.featureStatistics === 'running') this.backbone.eval();
    return this;
  }

  /** All parameters but those of the feature network and the projection, which stay frozen. */
  override freeze(on = true): this {
    for (const head of this.heads) head.freeze(on);
    return this;
  }

  forward(images: Tensor): [PatchOutput] {
    const [{ features }] = this.features(images);
    const patches = this.projection
      .forward(features)
      .map((map, level) => this.heads[level]!.forward(map).reshape([images.dim(0), -1]));
    return [{ features, logits: concat(patches, 1) }];
  }

  features(images: Tensor): [FeatureMaps] {
    return [this.backbone.features(this.#sized(images))];
  }

  #sized(images: Tensor): Tensor {
    const { inputSize: side } = this.config;
    if (side !== 0) return resize(images, [side, side]);
    if (Math.min(images.dim(1), images.dim(2)) >= LEAST) return images;
    const got = showShape(images.shape);
    const hint = 'Set inputSize in its configuration, which enlarges them';
    throw new ArgumentError('ProjectedDiscriminator', 'images', got, `a side of ${LEAST} or more`, hint);
  }
}
