import { ArgumentError } from '@visage/gpu';
import { noGrad, scope, sub, type Tensor } from '@visage/tensor';
import type { IdentityNetwork } from '../../networks/identity.ts';
import type { AeiNet } from './aeiNet.ts';
import type { HearNet } from './hearNet.ts';

/** ΔY = target − AEI(target, its own identity): what the first stage loses when it has nothing to swap. */
export const heuristicError = (aei: AeiNet, identity: IdentityNetwork, target: Tensor): Tensor =>
  sub(target, aei.forward(target, identity.latent(target)));

/** The networks of a {@link FaceShifter}. */
export interface FaceShifterNetworks {
  readonly aei: AeiNet;
  readonly hear: HearNet;
  readonly identity: IdentityNetwork;
}

/**
 * FaceShifter as it swaps: the first stage twice, once with the source's identity and once with the target's own, and
 * the second on both.
 */
export class FaceShifter {
  readonly aei: AeiNet;
  readonly hear: HearNet;
  readonly identity: IdentityNetwork;

  constructor({ aei, hear, identity }: FaceShifterNetworks) {
    if (aei.config.identity !== identity.config.embedding) {
      const expected = `${aei.config.identity}, the length that AEI-Net takes`;
      throw new ArgumentError('FaceShifter', "identity's embedding", String(identity.config.embedding), expected);
    }
    this.aei = aei;
    this.hear = hear;
    this.identity = identity.freeze().eval();
  }

  /** Puts both stages into evaluation mode. */
  eval(): this {
    this.aei.eval();
    this.hear.eval();
    return this;
  }

  /**
   * [N, S, S, 3] targets in [0, 1] and unit identities [N, identity] → [N, S, S, 3]. `first` stops behind the first
   * stage.
   */
  swap(target: Tensor, latent: Tensor, stages: 'first' | 'both' = 'both'): Tensor {
    return scope(() =>
      noGrad(() => {
        const first = this.aei.forward(target, latent);
        if (stages === 'first') return first;
        return this.hear.forward(first, heuristicError(this.aei, this.identity, target));
      }),
    );
  }
}
