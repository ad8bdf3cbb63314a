import type { RecordedStep } from '@visage/gpu';
import { assign, copy, keep, noGrad, record, scope, type Tensor } from '@visage/tensor';
import { empty } from '@visage/tensor/kernels';
import { inPrecision, type Precision } from '../core/precision.ts';
import type { IdentityResize } from '../core/recipe.ts';
import type { FoldedIdentity } from '../networks/foldedIdentity.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import { Latest } from './latest.ts';

const MOST_COUNTS = 8; // of sources, whose recordings are kept

interface RecordedLatent {
  readonly source: Tensor;
  readonly step: RecordedStep<Tensor>;
  dispose(): void;
}

/**
 * The identities of source faces, by {@link IdentityNetwork.folded}: recorded at the first use of each number of sources and replayed from then on, whatever their size, as long as it is among the latest eight.
 *
 * The network is folded at the first use, and again when its values have changed by the next one.
 */
export class Latents {
  readonly #network: IdentityNetwork;
  readonly #resizing: IdentityResize;
  readonly #precision: Precision;
  readonly #state: readonly Tensor[];
  readonly #recorded = new Latest<number, RecordedLatent>(MOST_COUNTS);
  #folded: FoldedIdentity | undefined;
  /** The sum of the versions of the network's tensors that were folded. */
  #version = 0;

  constructor(network: IdentityNetwork, resizing: IdentityResize, precision: Precision) {
    this.#network = network;
    this.#resizing = resizing;
    this.#precision = precision;
    this.#state = [...network.stateDict().values()];
  }

  /** [N, H, W, 3] images in [0, 1] → unit vectors [N, latent], the caller's or the surrounding scope's. */
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
    else if (version !== this.#version && this.#folded !== this.#network) this.#folded.refold(); // one folded before is its owner's to refold
    this.#version = version;
    return this.#folded;
  }

  #prepared(like: Tensor, folded: FoldedIdentity): RecordedLatent {
    return this.#recorded.get(like.dim(0), () => this.#record(like, folded));
  }

  #record(like: Tensor, folded: FoldedIdentity): RecordedLatent {
    const source = empty(like.gpu, like.shape);
    const compute = () => inPrecision(this.#precision, () => folded.latent(source));
    const step = this.#network.inference(() => record(compute)); // slopes and gates are the network's own
    keep(source);
    const dispose = (): void => {
      step.dispose();
      source.dispose();
    };
    return { source, step, dispose };
  }
}
