import { BatchNorm2d, Conv2d, Layer, Linear, Sequential } from '@visage/nn';
import { relu, type Tensor } from '@visage/tensor';
import { checkShape } from '@visage/tensor/kernels';
import { labelNames } from './labels.ts';

const CHANNELS = [16, 32, 64, 96, 128] as const;
const HALVINGS = CHANNELS.length - 1;

/**
 * A plain convolutional network that estimates the attributes of a face: [N, S, S, 3] in [0, 1] → [N, labels], each
 * label normalised to mean 0 and standard deviation 1.
 */
export class AttributeRegressor extends Layer {
  readonly body: Sequential;
  readonly head: Linear;

  /** @param imageSize a multiple of 16. */
  constructor(readonly imageSize: number) {
    super();
    const stages = CHANNELS.map((channels, k) => {
      const options = { stride: k === 0 ? 1 : 2, padding: 1, bias: false };
      return new Sequential(new Conv2d(CHANNELS[k - 1] ?? 3, channels, 3, options), new BatchNorm2d(channels), relu);
    });
    this.body = this.child('body', new Sequential(...stages));
    const side = imageSize / 2 ** HALVINGS;
    this.head = this.child('head', new Linear(side * side * CHANNELS[HALVINGS]!, labelNames.length));
  }

  forward(images: Tensor): Tensor {
    const { imageSize } = this;
    checkShape('AttributeRegressor', 'images', images.shape, [null, imageSize, imageSize, 3], 'Images are NHWC');
    const map = this.body.forward(images.sub(0.5));
    return this.head.forward(map.reshape([map.dim(0), map.size / map.dim(0)]));
  }
}
