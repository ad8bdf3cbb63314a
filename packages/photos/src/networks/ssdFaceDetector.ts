import { add, concat, exp, mul, reshape, sigmoid, slice, sub, type Tensor } from '@visage/tensor';
import { FrozenNetwork } from './frozenNetwork.ts';
import { sameConv } from './sameConv.ts';
import type { TfWeight } from './tfWeights.ts';

/** What an SSD says of a batch of pictures. */
export interface Detections {
  /** [N, anchors, 4]: top, left, bottom and right, as fractions of the picture's side. */
  readonly boxes: Tensor;
  /** [N, anchors] in [0, 1]. */
  readonly scores: Tensor;
}

interface Conv {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly stride: number;
}

/** A depthwise convolution with its batch norm folded in, then a pointwise one. */
interface Separable {
  readonly depthwise: Conv;
  readonly pointwise: Conv;
}

const CHANNELS = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
const HALVED = new Set([2, 4, 6, 12]); // blocks whose depthwise convolution has stride 2
const TAP = 11; // the block whose maps the first predictor reads
const EXTRAS = 8;
const CLASSES = 3;
const FACE = 1; // the class of faces
const EPSILON = 0.001000000047; // of the batch norms

/**
 * The SSD detector of faces on MobileNetV1 at 512 pixels: Liu et al., SSD: Single Shot MultiBox Detector, ECCV 2016;
 * Howard et al., MobileNets, 2017, with the weights of face-api.
 *
 * 13 separable convolutions and eight more convolutions make maps of 32² to 1² cells. Six predictors give boxes and
 * scores of 3 or 6 anchors per cell, 5118 in all. A box is decoded from its anchor (centre c, extent a) as centre
 * c + a · t / 10 and extent a · exp(t / 5).
 */
export class SsdFaceDetector extends FrozenNetwork<Detections> {
  readonly size = 512;
  readonly #stem: Conv;
  readonly #blocks: readonly Separable[];
  readonly #extras: readonly Conv[];
  readonly #boxes: readonly Conv[];
  readonly #classes: readonly Conv[];
  /** [anchors, 2]: centres and extents, vertical first. */
  readonly #centres: Tensor;
  readonly #extents: Tensor;

  constructor(weights: ReadonlyMap<string, TfWeight>) {
    super();
    const conv = (name: string, bias: string, stride = 1): Conv => ({
      weight: this.constantOf(weights, `${name}/weights`),
      bias: this.constantOf(weights, `${name}/${bias}`),
      stride,
    });
    this.#stem = conv('MobilenetV1/Conv2d_0_pointwise', 'convolution_bn_offset', 2);
    this.#blocks = CHANNELS.map((_, k) => ({
      depthwise: this.#depthwise(weights, `MobilenetV1/Conv2d_${k + 1}_depthwise`, HALVED.has(k + 1) ? 2 : 1),
      pointwise: conv(`MobilenetV1/Conv2d_${k + 1}_pointwise`, 'convolution_bn_offset'),
    }));
    this.#extras = Array.from({ length: EXTRAS }, (_, k) =>
      conv(`Prediction/Conv2d_${k}_pointwise`, 'convolution_bn_offset', 1 + (k % 2)),
    );
    const heads = (predictor: string) =>
      Array.from({ length: 6 }, (_, k) => conv(`Prediction/BoxPredictor_${k}/${predictor}`, 'biases'));
    this.#boxes = heads('BoxEncodingPredictor');
    this.#classes = heads('ClassPredictor');
    const anchors = (weights.get('Output/extra_dim') as TfWeight).values;
    const both = (of: (from: number, to: number) => number) =>
      Float32Array.from({ length: anchors.length / 2 }, (_, k) => {
        const at = 4 * (k >> 1) + (k & 1);
        return of(anchors[at] as number, anchors[at + 2] as number);
      });
    const shape = [anchors.length / 4, 2];
    this.#centres = this.constant(
      'centres',
      both((from, to) => (from + to) / 2),
      shape,
    );
    this.#extents = this.constant(
      'extents',
      both((from, to) => to - from),
      shape,
    );
  }

  /** y = (dw(x) − mean) / √(variance + ε) · gamma + beta as one depthwise convolution with a bias. */
  #depthwise(weights: ReadonlyMap<string, TfWeight>, name: string, stride: number): Conv {
    const of = (part: string): Float32Array => (weights.get(`${name}/${part}`) as TfWeight).values;
    const [gamma, beta] = [of('BatchNorm/gamma'), of('BatchNorm/beta')];
    const [average, variance] = [of('BatchNorm/moving_mean'), of('BatchNorm/moving_variance')];
    const channels = gamma.length;
    const factor = gamma.map((g, c) => g / Math.sqrt((variance[c] as number) + EPSILON));
    const weight = of('depthwise_weights').map((w, k) => w * (factor[k % channels] as number));
    const bias = beta.map((b, c) => b - (average[c] as number) * (factor[c] as number));
    return {
      weight: this.constant(`${name}/weight`, weight, [3, 3, 1, channels]),
      bias: this.constant(`${name}/bias`, bias, [channels]),
      stride,
    };
  }

  protected compute(pictures: Tensor): Detections {
    const run = (x: Tensor, { weight, bias, stride }: Conv, groups = 1): Tensor =>
      sameConv(x, weight, bias, { stride, groups, activation: 'relu6' });
    let x = run(sub(mul(pictures, 2), 1), this.#stem);
    const maps: Tensor[] = [];
    for (const [k, { depthwise, pointwise }] of this.#blocks.entries()) {
      x = run(run(x, depthwise, x.dim(3)), pointwise);
      if (k + 1 === TAP) maps.push(x);
    }
    maps.push(x);
    for (const [k, extra] of this.#extras.entries()) {
      x = run(x, extra);
      if (k % 2 === 1) maps.push(x);
    }
    const perAnchor = (heads: readonly Conv[], values: number): Tensor =>
      concat(
        maps.map((map, k) => {
          const { weight, bias } = heads[k] as Conv;
          return reshape(sameConv(map, weight, bias), [map.dim(0), -1, values]);
        }),
        1,
      );
    const codes = perAnchor(this.#boxes, 4);
    const centres = add(mul(mul(slice(codes, 2, 0, 2), 0.1), this.#extents), this.#centres);
    const reach = mul(mul(exp(mul(slice(codes, 2, 2, 4), 0.2)), this.#extents), 0.5);
    const logits = slice(perAnchor(this.#classes, CLASSES), 2, FACE, FACE + 1);
    return {
      boxes: concat([sub(centres, reach), add(centres, reach)], 2),
      scores: sigmoid(reshape(logits, [logits.dim(0), logits.dim(1)])),
    };
  }
}
