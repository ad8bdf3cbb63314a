import { ArgumentError, checkInteger, checkNumber } from '@visage/gpu';
import { BatchNorm2d, Conv2d, Layer, Linear, Module, ModuleList, Sequential } from '@visage/nn';
import { mean, padZero, relu6, type Tensor } from '@visage/tensor';
import { checkShape, showShape } from '@visage/tensor/kernels';
import type { FeatureMaps } from './discriminator.ts';

/** Size of an {@link EfficientNetLite}. Plain data: it travels in checkpoints. */
export interface EfficientNetConfig {
  /** Scales every channel count; 1 is the published network. */
  readonly width: number;
}

/** EfficientNet-lite0 as published. */
export const publishedEfficientNet: EfficientNetConfig = { width: 1 };

/** A stage of blocks of one form. */
interface StageForm {
  /** Widening inside a block; 1: a depthwise and a pointwise convolution only. */
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
  readonly channels: number;
  readonly blocks: number;
}

export const efficientNetStem = 32;
const HEAD = 1280;
export const efficientNetStages: readonly StageForm[] = [
  { expansion: 1, kernel: 3, stride: 1, channels: 16, blocks: 1 },
  { expansion: 6, kernel: 3, stride: 2, channels: 24, blocks: 2 },
  { expansion: 6, kernel: 5, stride: 2, channels: 40, blocks: 2 },
  { expansion: 6, kernel: 3, stride: 2, channels: 80, blocks: 3 },
  { expansion: 6, kernel: 5, stride: 1, channels: 112, blocks: 3 },
  { expansion: 6, kernel: 5, stride: 2, channels: 192, blocks: 4 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, blocks: 1 },
];
/** Stages behind which a feature map is taken: 1/4, 1/8, 1/16 and 1/32 of the image's side. */
const TAPS = [1, 2, 4, 6] as const;
/** Side of the image over side of the deepest map. */
const STRIDE = 32;
const NORM = { eps: 1e-3 } as const;

export const efficientNetChannels = (channels: number, { width }: EfficientNetConfig): number =>
  Math.max(4, Math.floor(channels * width));

/** Channels of the four feature maps. */
export const featureChannels = (config: EfficientNetConfig): [number, number, number, number] =>
  TAPS.map((stage) => efficientNetChannels(efficientNetStages[stage]!.channels, config)) as [
    number,
    number,
    number,
    number,
  ];

/**
 * TensorFlow's `same` padding before a convolution: as much in all as makes ⌈H / stride⌉ outputs, and the odd pixel behind, not in front.
 *
 * Needed where stride is not 1; elsewhere it is a convolution's own symmetric padding.
 */
function padSame(x: Tensor, kernel: number, stride: number): Tensor {
  const along = (axis: number, y: Tensor): Tensor => {
    const extent = y.dim(axis);
    const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + kernel - extent);
    const before = Math.floor(total / 2);
    return padZero(y, axis, before, total - before);
  };
  return along(2, along(1, x));
}

/** A convolution with TensorFlow's `same` padding, without bias. State `weight`. */
class SameConv extends Conv2d {
  readonly #kernel: number;
  readonly #stride: number;

  constructor(inChannels: number, outChannels: number, kernel: number, stride = 1, groups = 1) {
    const padding = stride === 1 ? (kernel - 1) / 2 : 0;
    super(inChannels, outChannels, kernel, { stride, padding, groups, bias: false });
    this.#kernel = kernel;
    this.#stride = stride;
  }

  override forward(x: Tensor): Tensor {
    return super.forward(this.#stride === 1 ? x : padSame(x, this.#kernel, this.#stride));
  }
}

/** Convolutions with batch norms and relu6 between them, none of it behind the last; adds its input where shapes allow it. */
class ConvBlock extends Layer {
  readonly #layers: readonly (readonly [Conv2d, BatchNorm2d])[];
  readonly #residual: boolean;

  /** @param layers convolutions by name; the norms are `bn1`, `bn2`, …. */
  constructor(layers: readonly (readonly [string, Conv2d])[], residual: boolean) {
    super();
    this.#layers = layers.map(([name, convolution], k) => {
      const conv = this.child(name, convolution);
      return [conv, this.child(`bn${k + 1}`, new BatchNorm2d(conv.weight.dim(3), NORM))] as const;
    });
    this.#residual = residual;
  }

  forward(x: Tensor): Tensor {
    const y = this.#layers.reduce(
      (value, [conv, norm], k) => norm.forward(conv.forward(k === 0 ? value : relu6(value))),
      x,
    );
    return this.#residual ? y.add(x) : y;
  }
}

/**
 * Inverted residual: pointwise to `expansion` times the channels (left out if that is 1), depthwise, pointwise back; nothing behind the sum.
 *
 * State `conv_pw`, `bn1`, `conv_dw`, `bn2`, `conv_pwl`, `bn3`; without the first, `conv_dw`, `bn1`, `conv_pw`, `bn2`. Sandler et al. 2018.
 */
function mobileBlock(inChannels: number, outChannels: number, form: StageForm, stride: number): ConvBlock {
  const inner = inChannels * form.expansion;
  const pointwise = (name: string, from: number, to: number) => [name, new SameConv(from, to, 1)] as const;
  const depthwise = ['conv_dw', new SameConv(inner, inner, form.kernel, stride, inner)] as const;
  const layers =
    form.expansion === 1
      ? [depthwise, pointwise('conv_pw', inner, outChannels)]
      : [pointwise('conv_pw', inChannels, inner), depthwise, pointwise('conv_pwl', inner, outChannels)];
  return new ConvBlock(layers, stride === 1 && inChannels === outChannels);
}

/**
 * The feature layers of EfficientNet-lite0: relu6, no squeeze and excitation, TensorFlow's padding, batch norms with eps 1e-3.
 *
 * [N, H, W, 3] ImageNet-normalised images, height and width multiples of 32, → feature maps of 24, 40, 112 and 320 channels (at width 1) at
 * 1/4, 1/8, 1/16 and 1/32 of the side. State `conv_stem`, `bn1`, `blocks.0.0.conv_dw`, …, the names of published ImageNet files. Tan and Le 2019; the
 * network that SimSwap's projected discriminator looks through.
 */
export class EfficientNetLite extends Module {
  readonly config: EfficientNetConfig;
  readonly stemConv: Conv2d;
  readonly stemNorm: BatchNorm2d;
  readonly stages: readonly Sequential[];

  constructor(config: EfficientNetConfig = publishedEfficientNet) {
    super();
    checkNumber('EfficientNetLite', 'width', config.width, 0);
    this.config = config;
    const channels = [efficientNetStem, ...efficientNetStages.map((form) => form.channels)].map((count) =>
      efficientNetChannels(count, config),
    );
    this.stemConv = this.child('conv_stem', new SameConv(3, channels[0]!, 3, 2));
    this.stemNorm = this.child('bn1', new BatchNorm2d(channels[0]!, NORM));
    const stages = efficientNetStages.map((form, k) => {
      const block = (_: unknown, at: number) =>
        at === 0
          ? mobileBlock(channels[k]!, channels[k + 1]!, form, form.stride)
          : mobileBlock(channels[k + 1]!, channels[k + 1]!, form, 1);
      return new Sequential(...Array.from({ length: form.blocks }, block));
    });
    this.stages = this.child('blocks', new ModuleList(stages)).items;
  }

  /** The four feature maps, shallow to deep. */
  features(images: Tensor): FeatureMaps {
    checkShape('EfficientNetLite', 'images', images.shape, [null, null, null, 3], 'Images are NHWC');
    if (images.dim(1) % STRIDE !== 0 || images.dim(2) % STRIDE !== 0) {
      const expected = `height and width that divide by ${STRIDE}`;
      throw new ArgumentError('EfficientNetLite', 'images', showShape(images.shape), expected, 'resize() them first');
    }
    const maps: Tensor[] = [];
    let x = relu6(this.stemNorm.forward(this.stemConv.forward(images)));
    for (const [k, stage] of this.stages.entries()) {
      x = stage.forward(x);
      if (TAPS.some((tap) => tap === k)) maps.push(x);
    }
    return { features: maps };
  }
}

/** Size of an {@link EfficientNetClassifier}. */
export interface EfficientNetClassifierConfig extends EfficientNetConfig {
  readonly classes: number;
}

/**
 * EfficientNet-lite0 with its classifier: 1280 channels by a pointwise convolution, their means, a linear layer.
 *
 * [N, H, W, 3] → logits [N, classes]. State: that of {@link EfficientNetLite}, then `conv_head`, `bn2`, `classifier`.
 */
export class EfficientNetClassifier extends EfficientNetLite {
  readonly headConv: Conv2d;
  readonly headNorm: BatchNorm2d;
  readonly classifier: Linear;

  constructor(config: EfficientNetClassifierConfig) {
    super(config);
    checkInteger('EfficientNetClassifier', 'classes', config.classes, 1);
    const head = efficientNetChannels(HEAD, config);
    this.headConv = this.child('conv_head', new SameConv(featureChannels(config)[3], head, 1));
    this.headNorm = this.child('bn2', new BatchNorm2d(head, NORM));
    this.classifier = this.child('classifier', new Linear(head, config.classes));
  }

  forward(images: Tensor): Tensor {
    const deepest = this.features(images).features.at(-1)!;
    const wide = relu6(this.headNorm.forward(this.headConv.forward(deepest)));
    return this.classifier.forward(mean(wide, [1, 2]));
  }
}
