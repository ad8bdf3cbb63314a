import { ArgumentError, checkNumber, checkOptions } from '@visage/gpu';
import { Conv2d, Linear, Module, Sequential, uniform } from '@visage/nn';
import { assign, leakyRelu, noGrad, padZero, pixelShuffle, scope, sigmoid, type Tensor } from '@visage/tensor';
import { checkShape, sizeOf } from '@visage/tensor/kernels';

/** Size of a {@link DeepFakes} autoencoder. Plain data. */
export interface DeepFakesConfig {
  /** Scales every channel count; 1 is the original network with 82 million parameters. */
  readonly width: number;
  /** Side of the square images, a multiple of 16; 64 in the original. */
  readonly imageSize: number;
}

/** The original network of 2017. */
export const originalDeepFakes: DeepFakesConfig = { width: 1, imageSize: 64 };

/** The two people of a pair. Each has a decoder. */
export type Person = 'A' | 'B';

const SLOPE = 0.1;
const HALVINGS = 4;
const leaky = (x: Tensor): Tensor => leakyRelu(x, SLOPE);

/** TensorFlow's `same` padding of a 5×5 convolution of stride 2 on an even side: one row and column before, two after. */
const samePad = (x: Tensor): Tensor => padZero(padZero(x, 1, 1, 2), 2, 1, 2);

const halving = (inChannels: number, outChannels: number) => [
  samePad,
  new Conv2d(inChannels, outChannels, 5, { stride: 2 }),
  leaky,
];

/** Doubles height and width: four times the channels, moved into space. */
const upscale = (inChannels: number, outChannels: number): Sequential =>
  new Sequential(new Conv2d(inChannels, 4 * outChannels, 3, { padding: 1 }), leaky, (x) => pixelShuffle(x, 2));

/**
 * The autoencoder behind the word "deepfake": one encoder for two people, one decoder for each. What both have in common, pose, expression and
 * light, has to go into the shared code, so the other decoder puts its own person's face there. There is no norm layer and no third person.
 *
 * [N, S, S, 3] images in [0, 1] → the same. State `encoder.1`, …, `decoder_A.0.0`, …, numbered as PyTorch's Sequential would. Published anonymously
 * in 2017, later the model "original" of the faceswap project.
 */
export class DeepFakes extends Module {
  readonly encoder: Sequential;
  readonly decoders: Readonly<Record<Person, Sequential>>;

  constructor(readonly config: DeepFakesConfig = originalDeepFakes) {
    super();
    checkOptions('DeepFakes', config, { width: true, imageSize: true });
    const { width, imageSize } = config;
    checkNumber('DeepFakes', 'width', width, 0);
    const side = imageSize / 2 ** HALVINGS;
    if (!Number.isInteger(side) || side < 1)
      throw new ArgumentError('DeepFakes', 'imageSize', String(imageSize), 'a multiple of 16', '64 is the original');
    const [c0, c1, c2, c3] = [128, 256, 512, 1024].map((n) => Math.max(4, Math.floor(n * width))) as Channels;
    const map = [c3, side, side] as const;
    this.encoder = this.child(
      'encoder',
      new Sequential(
        ...halving(3, c0),
        ...halving(c0, c1),
        ...halving(c1, c2),
        ...halving(c2, c3),
        (x) => x.reshape([x.dim(0), sizeOf(map)]),
        new Linear(sizeOf(map), c3, { flattened: map }),
        new Linear(c3, sizeOf(map), { unflattened: map }),
        (x) => x.reshape([x.dim(0), side, side, c3]),
        upscale(c3, c2),
      ),
    );
    const decoder = () =>
      new Sequential(
        upscale(c2, c1),
        upscale(c1, c0),
        upscale(c0, Math.floor(c0 / 2)),
        new Conv2d(Math.floor(c0 / 2), 3, 5, { padding: 2 }),
        sigmoid,
      );
    this.decoders = { A: this.child('decoder_A', decoder()), B: this.child('decoder_B', decoder()) };
    glorotUniform(this);
  }

  /** Any face as the given person: a photo of the same one is reconstructed, a photo of the other one is swapped. */
  forward(images: Tensor, as: Person): Tensor {
    const { imageSize } = this.config;
    checkShape('DeepFakes', 'images', images.shape, [null, imageSize, imageSize, 3], 'Images are NHWC');
    return this.decoders[as].forward(this.encoder.forward(images));
  }
}

type Channels = [number, number, number, number];

/** Glorot's uniform initialisation, U(±√(6 / (fanIn + fanOut))), and zero biases: what Keras gave the original network. */
function glorotUniform(module: Module): void {
  for (const tensor of module.parameters()) {
    const { shape } = tensor;
    const taps = sizeOf(shape.slice(0, -2));
    const fans = taps * ((shape.at(-2) ?? 0) + (shape.at(-1) ?? 0));
    const bound = shape.length > 1 ? Math.sqrt(6 / fans) : 0;
    scope(() => noGrad(() => assign(tensor, uniform(shape, -bound, bound))));
  }
}
