import { avgPool2d, conv2d, matmul, maxPool2d, mean, padZero, relu, sub, type Tensor } from '@visage/tensor';
import { FrozenNetwork } from './frozenNetwork.ts';
import type { TfWeight } from './tfWeights.ts';

/** What tells people apart. */
export interface Descriptors {
  /** [N, 128]: the Euclidean distance of two of them is below 0.6 for one person, as a rule. */
  readonly descriptors: Tensor;
}

interface Conv {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Two convolutions; the second one's sum with the input goes through a ReLU. */
interface Residual {
  readonly first: Conv;
  readonly second: Conv;
  /** Halves the map; channels are doubled with zeros where the width grows. */
  readonly down: boolean;
}

const BLOCKS =
  'conv32_1 conv32_2 conv32_3 conv64_down conv64_1 conv64_2 conv64_3 conv128_down conv128_1 conv128_2 conv256_down conv256_1 conv256_2 conv256_down_out'.split(
    ' ',
  );
const MEAN = [122.782, 117.001, 104.298]; // of pixels from 0 to 255
const SCALE = 255;

/**
 * dlib's ResNet-29 of faces with half the filters, 128 numbers a face: King, Dlib-ml, JMLR 10 (2009), and its model
 * `dlib_face_recognition_resnet_model_v1`; He et al., CVPR 2016, with the weights that face-api converted.
 *
 * It takes chips of 150 pixels in dlib's own alignment (template `dlib`). On crops in ArcFace's alignment its distances
 * shrink and the threshold fails.
 */
export class FaceRecogniser extends FrozenNetwork<Descriptors> {
  readonly size = 150;
  readonly #stem: Conv;
  readonly #blocks: readonly Residual[];
  readonly #head: Tensor;
  readonly #mean: Tensor;

  constructor(weights: ReadonlyMap<string, TfWeight>) {
    super();
    const conv = (name: string) => this.#conv(weights, name);
    this.#stem = conv('conv32_down');
    this.#blocks = BLOCKS.map((name) => ({
      first: conv(`${name}/conv1`),
      second: conv(`${name}/conv2`),
      down: name.includes('down'),
    }));
    this.#head = this.constantOf(weights, 'fc');
    this.#mean = this.constant(
      'mean',
      Float32Array.from(MEAN, (value) => value / SCALE),
      [3],
    );
  }

  /** y = conv(x) · scale + shift as one convolution. */
  #conv(weights: ReadonlyMap<string, TfWeight>, name: string): Conv {
    const of = (part: string): TfWeight => weights.get(`${name}/${part}`) as TfWeight;
    const [filters, scale, shift] = [of('conv/filters'), of('scale/weights').values, of('scale/biases').values];
    const channels = scale.length;
    const weight = filters.values.map((w, k) => w * (scale[k % channels] as number));
    const bias = of('conv/bias').values.map((b, c) => b * (scale[c] as number) + (shift[c] as number));
    return {
      weight: this.constant(`${name}/weight`, weight, filters.shape),
      bias: this.constant(`${name}/bias`, bias, [channels]),
    };
  }

  protected compute(pictures: Tensor): Descriptors {
    const { weight, bias } = this.#stem;
    let x = conv2d(sub(pictures, this.#mean), weight, bias, { stride: 2, activation: 'relu' });
    x = maxPool2d(x, { kernel: 3, stride: 2 });
    for (const block of this.#blocks) x = residual(x, block);
    return { descriptors: matmul(mean(x, [1, 2]), this.#head) };
  }
}

function residual(x: Tensor, { first, second, down }: Residual): Tensor {
  const hidden = conv2d(x, first.weight, first.bias, {
    ...(down ? { stride: 2 } : { padding: 1 }),
    activation: 'relu',
  });
  const y = conv2d(hidden, second.weight, second.bias, { padding: 1 });
  if (!down) return relu(y.add(x));
  const skip = avgPool2d(x, { kernel: 2 });
  const grown = Math.max(0, y.dim(3) - skip.dim(3));
  // A strided convolution without padding may be one row and column smaller than the pooled map.
  const fitted = padZero(padZero(y, 1, 0, skip.dim(1) - y.dim(1)), 2, 0, skip.dim(2) - y.dim(2));
  return relu(fitted.add(padZero(skip, 3, 0, grown)));
}
