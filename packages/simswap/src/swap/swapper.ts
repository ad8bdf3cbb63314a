import { ArgumentError, checkOneOf, checkOptions, type OptionKeys, type RecordedStep } from '@visage/gpu';
import { assign, copy, expand, keep, noGrad, record, scope, type Tensor } from '@visage/tensor';
import { checkDType, checkShape, empty } from '@visage/tensor/kernels';
import { inPrecision, type Precision, precisions } from '../core/precision.ts';
import { type IdentityResize, identityResizes } from '../core/recipe.ts';
import { Recordings } from '../core/recordings.ts';
import type { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import { Latents } from './latents.ts';
import { checkPipeline, type Pipeline } from './pipelines.ts';

/** What a {@link Swapper} is made of. */
export interface SwapperOptions {
  /**
   * Usually the moving average of a training. It computes as in evaluation, whatever mode it is in, and may go on
   * learning.
   */
  readonly generator: Generator;
  /** It computes as in evaluation too, with its norms folded, which is the same function to 1e-5. */
  readonly identity: IdentityNetwork;
  /**
   * How source images are resized for the identity network; as in training unless there is a reason. A pipeline decides
   * it itself.
   */
  readonly identityResize?: IdentityResize;
  /** The published pipeline that the generator belongs to; networks that are not its own are refused. */
  readonly pipeline?: Pipeline;
  /** Default `f32`. */
  readonly precision?: Precision;
}

const OPTIONS: OptionKeys<SwapperOptions> = {
  generator: true,
  identity: true,
  identityResize: true,
  pipeline: true,
  precision: true,
};

/** Shapes of targets whose recordings are kept. */
const MOST_SIZES = 8;

/** A recorded swap of targets of one shape, with what it reads. */
class RecordedSwap {
  /** {@link contentOf} the tensor that was last copied into `latent`. */
  latentOf = '';

  constructor(
    readonly target: Tensor,
    readonly latent: Tensor,
    readonly step: RecordedStep<Tensor>,
  ) {}

  dispose(): void {
    for (const owned of [this.step, this.target, this.latent]) owned.dispose();
  }
}

const LATENT = 'One identity per target, or one for all of them; latent() makes them of source images';

/** @throws ArgumentError unless `x` is a batch of RGB images. */
function checkImages(argument: string, x: Tensor): void {
  checkDType('Swapper', argument, x, 'f32', 'f16');
  checkShape('Swapper', argument, x.shape, [null, null, null, 3], 'Images are [batch, height, width, 3], in [0, 1]');
}

/** A text that is equal for equal contents: the buffer's number, its version and the tensor's shape. */
const contentOf = ({ gpu, buffer, shape }: Tensor): string => `${buffer.id} ${gpu.versionOf(buffer)} [${shape}]`;

/**
 * Puts the identity of source faces into target faces.
 *
 * Each shape of targets, and each number of sources, is recorded at its first use and replayed from then on; the eight
 * of each that were used last stay recorded. What depends on the weights alone (norms folded into convolutions, weights
 * in f16) is computed at the first use, and again at the next use after the weights changed. A latent is computed once
 * per source face and serves for any number of targets. Consecutive swaps by the same latent also share the styles of
 * the generator's blocks.
 */
export class Swapper {
  readonly generator: Generator;
  readonly identity: IdentityNetwork;
  readonly #latents: Latents;
  readonly #precision: Precision;
  readonly #recorded = new Recordings<string, RecordedSwap>(MOST_SIZES);

  constructor(options: SwapperOptions) {
    checkOptions('Swapper', options, OPTIONS);
    const { generator, identity, identityResize, pipeline, precision = 'f32' } = options;
    checkOneOf('Swapper', 'precision', precision, precisions);
    if (identityResize !== undefined) checkOneOf('Swapper', 'identityResize', identityResize, identityResizes);
    if (pipeline) checkPipeline(pipeline, generator.config, identity.config);
    if (pipeline && identityResize !== undefined && identityResize !== pipeline.identityResize) {
      throw new ArgumentError(
        'Swapper',
        'identityResize',
        identityResize,
        `${pipeline.identityResize}, as in ${pipeline.name}`,
      );
    }
    if (generator.config.latent !== identity.config.embedding) {
      const expected = `${generator.config.latent}, the generator's latent`;
      throw new ArgumentError('Swapper', "identity's embedding", String(identity.config.embedding), expected);
    }
    this.generator = generator;
    this.identity = identity;
    this.#latents = new Latents(identity, pipeline?.identityResize ?? identityResize ?? 'bicubic', precision);
    this.#precision = precision;
  }

  /** Identities of source faces [N, H, W, 3] in [0, 1]: unit vectors [N, latent]. */
  latent(source: Tensor): Tensor {
    return this.#latents.of(source);
  }

  /**
   * Compiles the kernels that swap images of the shape of `like`, all at once. Optional: otherwise the first swap
   * compiles them one by one.
   */
  async ready(like: Tensor): Promise<void> {
    await this.recorded(like).ready();
  }

  /**
   * The recorded step that swaps targets of the shape of `like`, without the copies into and out of it; for profiles
   * and benchmarks.
   *
   * It is disposed once targets of eight other shapes have been swapped.
   */
  recorded(like: Tensor): RecordedStep<Tensor> {
    checkImages('like', like);
    return scope(() => this.#prepared(like).step);
  }

  /**
   * Swaps: [N, H, W, 3] targets in [0, 1] and identities [N, latent] or [1, latent] for all → [N, H, W, 3].
   *
   * The result belongs to the caller, or to the surrounding scope. A linear head may leave [0, 1]; clip before writing
   * pixels.
   *
   * @throws ArgumentError for shapes or types that do not fit.
   */
  swap(target: Tensor, latent: Tensor): Tensor {
    checkImages('target', target);
    const { latent: length } = this.generator.config;
    checkDType('Swapper', 'latent', latent, 'f32', 'f16');
    checkShape('Swapper', 'latent', latent.shape, [latent.dim(0) === 1 ? 1 : target.dim(0), length], LATENT);
    return scope(() =>
      noGrad(() => {
        const swap = this.#prepared(target);
        assign(swap.target, target);
        const content = contentOf(latent);
        if (swap.latentOf !== content) assign(swap.latent, expand(latent, swap.latent.shape));
        swap.latentOf = content;
        swap.step.run({ submit: false });
        return copy(swap.step.result);
      }),
    );
  }

  /** Swaps source images straight into targets: {@link Swapper.latent}, then {@link Swapper.swap}. */
  swapImages(target: Tensor, source: Tensor): Tensor {
    return scope(() => this.swap(target, this.latent(source)));
  }

  /** Gives the memory of all that was recorded back; the networks belong to the caller. */
  dispose(): void {
    this.#latents.dispose();
    this.#recorded.dispose();
  }

  #prepared(like: Tensor): RecordedSwap {
    return this.#recorded.get(like.shape.join(), () => this.#record(like));
  }

  #record(like: Tensor): RecordedSwap {
    const { generator } = this;
    const target = empty(like.gpu, like.shape);
    const latent = empty(like.gpu, [like.dim(0), generator.config.latent]);
    const compute = () => inPrecision(this.#precision, () => generator.swap(target, latent));
    latent.buffer.freeze(); // the style of each block depends on it and on weights alone: computed once per source
    const step = generator.inference(() => record(compute));
    return new RecordedSwap(keep(target), keep(latent), step);
  }
}
