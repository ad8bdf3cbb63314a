import {
  ArgumentError,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  type OptionKeys,
  showValue,
} from '@visage/gpu';
import { type Affine, Layer } from '@visage/nn';
import { cast, l2Normalize, resize, type Tensor, tensor } from '@visage/tensor';
import { checkDType, checkShape } from '@visage/tensor/kernels';
import type { IdentityResize } from '../core/recipe.ts';
import { affineFromUnit, type ColorSpace, fromUnit } from './colorSpace.ts';
import type { FoldedIdentity } from './foldedIdentity.ts';

/** Size of an identity network. Plain data: it travels in checkpoints. */
export interface IdentityConfig {
  readonly kind: 'arcface' | 'iresnet';
  /** Residual blocks of each of the four stages. */
  readonly layers: readonly [number, number, number, number];
  /** Scales every channel count; 1 is the published network. */
  readonly width: number;
  /** Length of the embedding. */
  readonly embedding: number;
  /** Side of the square input; 112 in the published networks. The last map, and the layer behind it, follow. */
  readonly inputSize: number;
  /** Squeeze and excitation in each block (`arcface` only). */
  readonly squeeze: boolean;
}

const CONFIG: OptionKeys<IdentityConfig> = {
  kind: true,
  layers: true,
  width: true,
  embedding: true,
  inputSize: true,
  squeeze: true,
};

/** Throws unless a configuration is whole and of the kind that the network is. */
export function checkIdentityConfig(network: string, kind: IdentityConfig['kind'], config: IdentityConfig): void {
  checkOptions(network, config, CONFIG);
  if (config.kind !== kind) throw new ArgumentError(network, 'kind', `'${config.kind}'`, `'${kind}'`);
  const { layers } = config;
  if (!Array.isArray(layers) || layers.length !== 4)
    throw new ArgumentError(network, 'layers', showValue(layers), 'the number of blocks of each of four stages');
  for (const [k, count] of layers.entries()) checkInteger(network, `layers[${k}]`, count, 1);
  checkNumber(network, 'width', config.width, 0);
  checkInteger(network, 'embedding', config.embedding, 1);
  checkBoolean(network, 'squeeze', config.squeeze);
}

/** A network that tells people apart: [N, S, S, 3] faces in {@link IdentityNetwork.colorSpace} → [N, embedding], not normalised. */
export abstract class IdentityNetwork extends Layer {
  abstract readonly config: IdentityConfig;
  abstract readonly colorSpace: ColorSpace;

  /** Embeds images in [0, 1] of any size; they are resized as the network needs it. Embeddings are f32, also in mixed precision. */
  embed(images: Tensor, resizing: IdentityResize = 'bicubic'): Tensor {
    return cast(this.forward(fromUnit(this.fitted(images, resizing), this.colorSpace)), 'f32');
  }

  /** Images [N, H, W, 3] at the size that the network takes. */
  fitted(images: Tensor, resizing: IdentityResize): Tensor {
    checkDType('embed', 'images', images, 'f32', 'f16');
    checkShape('embed', 'images', images.shape, [null, null, null, 3], 'Images are NHWC');
    const side = this.config.inputSize;
    const fits = images.dim(1) === side && images.dim(2) === side;
    return fits ? images : resize(images, [side, side], resizing);
  }

  /**
   * The same function of images with every batch norm, as it is in evaluation, folded into its neighbours; for frozen networks. A new network, the
   * caller's to dispose.
   */
  abstract folded(): FoldedIdentity;

  /** The unit-length embedding that the generator takes. */
  latent(images: Tensor, resizing: IdentityResize = 'bicubic'): Tensor {
    return l2Normalize(this.embed(images, resizing));
  }
}

/** Throws unless an input of this size leaves something of the last map. */
export function checkInputSize(network: string, inputSize: number, lastSide: number): void {
  if (Number.isInteger(inputSize) && lastSide >= 1) return;
  throw new ArgumentError(
    network,
    'inputSize',
    String(inputSize),
    'an integer large enough that a pixel of the last map is left',
    '112 is the published size',
  );
}

/** The map from images in [0, 1] to a network's colour space. */
export function unitAffine(network: IdentityNetwork): Affine {
  const { scale, shift } = affineFromUnit(network.colorSpace);
  const { gpu } = network;
  return { scale: tensor(scale, [scale.length], { gpu }), shift: tensor(shift, [shift.length], { gpu }) };
}
