import type { RecordedStep } from '@visage/gpu';
import { assign, copy, keep, noGrad, record, scope, type Tensor } from '@visage/tensor';
import { empty } from '@visage/tensor/kernels';
import { inPrecision, type Precision } from '../core/precision.ts';
import type { IdentityResize } from '../core/recipe.ts';
import { Recordings } from '../core/recordings.ts';
import type { FoldedIdentity } from '../networks/foldedIdentity.ts';
import type { IdentityNetwork } from '../networks/identity.ts';

/** Numbers of sources whose recordings are kept. */
const MOST_COUNTS = 8;

interface RecordedLatent {
  readonly source: Tensor;
  readonly step: RecordedStep<Tensor>;
  dispose(): void;
}

/**
 * Computes the identities of source faces with the folded identity network ({@link IdentityNetwork.folded}).
 *
 * The computation is recorded once for each number of sources, whatever their size, and replayed from then on; the
 * eight numbers that were used last stay recorded. The network is folded at the first use, and again at the next use
 * after its weights changed.
 */
export class Latents {
  readonly #network: IdentityNetwork;
  readonly #resizing: IdentityResize;
  readonly #precision: Precision;
  readonly #state: readonly Tensor[];
  readonly #recorded = new Recordings<number, RecordedLatent>(MOST_COUNTS);
  #folded: FoldedIdentity | undefined;
  /** The sum of the versions of the network's tensors when it was folded. */
  #version = 0;

  constructor(network: IdentityNetwork, resizing: IdentityResize, precision: Precision) {
    this.#network = network;
    this.#resizing = resizing;
    this.#precision = precision;
    this.#state = [...network.stateDict().values()];
  }

  /**
   * [N, H, W, 3] images in [0, 1] → unit vectors [N, latent], which belong to the caller or to the surrounding scope.
   */
  of(source: Tensor): Tensor {
    return scope(() =>
      noGrad(() => {
        const fitted = this.#network.fitted(source, this.#resizing);
        const folded = inPrecision('f32', () => this.#upToDate());
        const { source: own, step } = this.#prepared(fitted, folded);
        assign(own, fitted);
        step.run();
        return copy(step.result);
      }),
    );
  }

  /** Gives the memory of the recorded steps and of the folded network back. */
  dispose(): void {
    this.#recorded.dispose();
    if (this.#folded !== this.#network) this.#folded?.dispose();
    this.#folded = undefined;
  }

  /** The folded network, of the present values. */
  #upToDate(): FoldedIdentity {
    const version = this.#state.reduce((sum, { gpu, buffer }) => sum + gpu.versionOf(buffer), 0);
    if (!this.#folded) this.#folded = this.#network.folded();
    // one that was folded before belongs to its owner, who refolds it
    else if (version !== this.#version && this.#folded !== this.#network) this.#folded.refold();
    this.#version = version;
    return this.#folded;
  }

  #prepared(like: Tensor, folded: FoldedIdentity): RecordedLatent {
    return this.#recorded.get(like.dim(0), () => this.#record(like, folded));
  }

  #record(like: Tensor, folded: FoldedIdentity): RecordedLatent {
    const source = empty(like.gpu, like.shape);
    const compute = () => inPrecision(this.#precision, () => folded.latent(source));
    const step = this.#network.inference(() => record(compute)); // the folded network shares slopes and gates with it
    keep(source);
    const dispose = (): void => {
      step.dispose();
      source.dispose();
    };
    return { source, step, dispose };
  }
}
