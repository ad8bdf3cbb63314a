import { ArgumentError } from '@visage/gpu';
import { affineOf, type BatchNorm1d, type BatchNorm2d, type Conv2d, Layer, type Linear, type PReLU } from '@visage/nn';
import { maxPool2d, type Tensor } from '@visage/tensor';
import { residualBlock, type SqueezeGate } from '@visage/tensor/kernels';
import { elementOf } from '../core/lists.ts';
import { FoldedConv, FoldedLinear } from './folded.ts';
import { type BehindStage, type IdentityConfig, IdentityNetwork, identityStages, unitAffine } from './identity.ts';

/**
 * How a block joins its second convolution to its shortcut: by their sum, behind a gate (squeeze and excitation) if
 * there is one, and followed by a PReLU if there is a slope.
 */
export interface FoldedJoin {
  readonly gate?: SqueezeGate;
  readonly lastSlope?: Tensor;
}

/** A residual block of a frozen identity network; see {@link residualBlock}. */
export class FoldedBlock extends Layer {
  readonly conv1: FoldedConv;
  readonly conv2: FoldedConv;
  readonly shortcut: FoldedConv | undefined;
  readonly #slope: Tensor;
  readonly #join: FoldedJoin;

  constructor(
    conv1: FoldedConv,
    slope: Tensor,
    conv2: FoldedConv,
    shortcut: FoldedConv | undefined,
    join: FoldedJoin = {},
  ) {
    super();
    this.conv1 = this.child('conv1', conv1);
    this.conv2 = this.child('conv2', conv2);
    if (shortcut) this.shortcut = this.child('shortcut', shortcut);
    this.#slope = slope;
    this.#join = join;
  }

  forward(x: Tensor): Tensor {
    const { conv1, conv2, shortcut } = this;
    return residualBlock(x, { conv1, slope: this.#slope, conv2, shortcut, ...this.#join });
  }

  refold(): void {
    for (const conv of [this.conv1, this.conv2, this.shortcut]) conv?.refold();
  }
}

/** What a {@link FoldedIdentity} runs, in order. */
export interface FoldedParts {
  readonly stem: FoldedConv;
  readonly stemSlope: Tensor;
  /** Halve the map behind the stem by its maxima. */
  readonly pool: boolean;
  readonly blocks: readonly FoldedBlock[];
  readonly head: FoldedLinear;
}

/**
 * A frozen identity network in evaluation, with its batch norms and its colour space folded into the convolutions: the
 * same function to rounding, in a third of the kernels. Made by {@link IdentityNetwork.folded}.
 *
 * It has no parameters; gradients flow to the images. It shares slopes and gates with the network that it was made
 * from, which must outlive it.
 */
export class FoldedIdentity extends IdentityNetwork {
  readonly config: IdentityConfig;
  readonly colorSpace = 'unit';
  readonly #parts: FoldedParts;

  constructor(config: IdentityConfig, parts: FoldedParts) {
    super();
    this.config = config;
    this.#parts = parts;
    this.child('stem', parts.stem);
    for (const [k, block] of parts.blocks.entries()) this.child(`block${k}`, block);
    this.child('head', parts.head);
  }

  /** @throws ArgumentError for `behindStage`: a frozen network does not learn from changed maps. */
  forward(x: Tensor, behindStage?: BehindStage): Tensor {
    if (behindStage)
      throw new ArgumentError(
        'FoldedIdentity',
        'behindStage',
        'a function',
        'none',
        'Train the network that it was folded from',
      );
    const { stem, stemSlope, pool, blocks, head } = this.#parts;
    const first = stem.forward(x, stemSlope);
    let map = pool ? maxPool2d(first, { kernel: 2 }) : first;
    for (const block of blocks) map = block.forward(map);
    return head.forward(map.reshape([x.dim(0), -1]));
  }

  folded(): FoldedIdentity {
    return this;
  }

  /** Takes over the present values of the network that this one was made from, in place: recorded steps see them. */
  refold(): void {
    const { stem, blocks, head } = this.#parts;
    for (const part of [stem, ...blocks, head]) part.refold();
  }
}

/** An identity network of the form that both published ones have. */
export interface FoldableNetwork extends IdentityNetwork {
  readonly stem: Conv2d;
  readonly stemNorm: BatchNorm2d;
  readonly stemActivation: PReLU;
  readonly blocks: readonly (readonly { folded(size: number): FoldedBlock }[])[];
  readonly lastNorm: BatchNorm2d;
  readonly toEmbedding: Linear;
  readonly embeddingNorm: BatchNorm1d;
}

/**
 * Folds a network; see {@link IdentityNetwork.folded}.
 *
 * @param side of the map that the first block sees.
 * @param pool whether the map behind the stem is halved by its maxima.
 */
export function foldIdentity(network: FoldableNetwork, side: number, pool: boolean): FoldedIdentity {
  const { config, stem, stemNorm, lastNorm, embeddingNorm } = network;
  let size = side;
  const stages = identityStages(config);
  const blocks = network.blocks.flatMap((stage, k) =>
    stage.map((block, at) => {
      const folded = block.folded(size);
      if (at === 0) size = Math.ceil(size / elementOf(stages, k, 'foldIdentity: stages').stride);
      return folded;
    }),
  );
  return new FoldedIdentity(config, {
    stem: new FoldedConv(stem, config.inputSize, {
      before: () => unitAffine(network),
      after: () => affineOf(stemNorm),
    }),
    stemSlope: network.stemActivation.weight,
    pool,
    blocks,
    head: new FoldedLinear(
      network.toEmbedding,
      () => affineOf(lastNorm),
      () => affineOf(embeddingNorm),
    ),
  });
}
