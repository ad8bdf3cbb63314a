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
import { type PerStage, stageChannels } from './blocks.ts';
import { affineFromUnit, type ColorSpace, fromUnit } from './colorSpace.ts';
import type { FoldedIdentity } from './foldedIdentity.ts';

/** Size of an identity network. Plain data: it travels in checkpoints. */
export interface IdentityConfig {
  readonly kind: 'arcface' | 'iresnet';
  /** Residual blocks of each of the four stages. */
  readonly layers: PerStage;
  /** Scales every channel count; 1 is the published network. */
  readonly width: number;
  /** Length of the embedding. */
  readonly embedding: number;
  /** Side of the square input; 112 in the published networks. The last map, and the layer behind it, follow. */
  readonly inputSize: number;
  /** Squeeze and excitation in each block (`arcface` only). */
  readonly squeeze: boolean;
}

/** No stage of an identity network has fewer channels: squeeze and excitation divides them by 16. */
const IDENTITY_LEAST = 16;

const CONFIG: OptionKeys<IdentityConfig> = {
  kind: true,
  layers: true,
  width: true,
  embedding: true,
  inputSize: true,
  squeeze: true,
};

/** @throws ArgumentError unless the configuration has every field, and is of the network's kind. */
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

/**
 * A stage of residual blocks. The first block takes `from` channels at the given stride; the others keep channels and
 * size.
 */
export interface IdentityStage {
  readonly blocks: number;
  readonly from: number;
  readonly to: number;
  readonly stride: number;
}

/**
 * The four stages of an identity network. All halve the map, but for the first of `arcface`, which keeps the size of
 * the pooled stem.
 */
export function identityStages({ kind, layers, width }: IdentityConfig): readonly IdentityStage[] {
  const [c0, c1, c2, c3] = stageChannels(width, IDENTITY_LEAST);
  const [n0, n1, n2, n3] = layers;
  return [
    { blocks: n0, from: c0, to: c0, stride: kind === 'arcface' ? 1 : 2 },
    { blocks: n1, from: c0, to: c1, stride: 2 },
    { blocks: n2, from: c1, to: c2, stride: 2 },
    { blocks: n3, from: c2, to: c3, stride: 2 },
  ];
}

/** Channels of the stem of an identity network, which are those of its first stage, and of its last stage. */
export function identityEnds({ width }: IdentityConfig): { readonly stem: number; readonly last: number } {
  const [stem, , , last] = stageChannels(width, IDENTITY_LEAST);
  return { stem, last };
}

/**
 * Side of the map behind the stages, of which each rounds up.
 *
 * @param side of the map in front of them.
 */
export const sideBehind = (stages: readonly IdentityStage[], side: number): number =>
  stages.reduce((n, { stride }) => Math.ceil(n / stride), side);

/** What a training does to the maps behind each stage of residual blocks, counted from 0. */
export type BehindStage = (map: Tensor, stage: number) => Tensor;

export const unchanged: BehindStage = (map) => map;

/**
 * Embeds faces by their identity: [N, S, S, 3] in {@link IdentityNetwork.colorSpace} → [N, embedding], not normalised.
 */
export abstract class IdentityNetwork extends Layer {
  abstract readonly config: IdentityConfig;
  abstract readonly colorSpace: ColorSpace;

  abstract override forward(x: Tensor, behindStage?: BehindStage): Tensor;

  /**
   * Embeds images in [0, 1] of any size; they are resized as the network needs it. Embeddings are f32, also in mixed
   * precision.
   *
   * @param behindStage changes the maps between the stages, in a training. Default: nothing does.
   */
  embed(images: Tensor, resizing: IdentityResize = 'bicubic', behindStage?: BehindStage): Tensor {
    return cast(this.forward(fromUnit(this.fitted(images, resizing), this.colorSpace), behindStage), 'f32');
  }

  /**
   * Resizes images [N, H, W, 3] to the size that the network takes: [N, inputSize, inputSize, 3].
   *
   * @throws ArgumentError for another shape or type.
   */
  fitted(images: Tensor, resizing: IdentityResize): Tensor {
    checkDType('embed', 'images', images, 'f32', 'f16');
    checkShape('embed', 'images', images.shape, [null, null, null, 3], 'Images are NHWC');
    const side = this.config.inputSize;
    const fits = images.dim(1) === side && images.dim(2) === side;
    return fits ? images : resize(images, [side, side], resizing);
  }

  /**
   * The same function of images with every batch norm, as it is in evaluation, folded into its neighbours; for frozen
   * networks. A new network, the caller's to dispose.
   */
  abstract folded(): FoldedIdentity;

  /**
   * The latent that the generator takes: embeddings of images [N, H, W, 3] in [0, 1], scaled to unit length, [N,
   * embedding].
   */
  latent(images: Tensor, resizing: IdentityResize = 'bicubic'): Tensor {
    return l2Normalize(this.embed(images, resizing));
  }
}

/** @throws ArgumentError unless the last map has at least one pixel for inputs of this size. */
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
