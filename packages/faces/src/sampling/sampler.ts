/**
 * @file Which faces a training step sees: index lists from a counter, so that a resumed run draws what an uninterrupted
 * one would.
 */
import { checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { philox } from './philox.ts';

/**
 * First identity (and attribute) numbers of the sets that must not mix. Each has room for {@link faceSetSize}.
 *
 * `training`: swappers, and the identity network of their loss. `judge`: what only measures. `heldOut`: people on whom
 * nothing trains, for looking at a swapper while it is made. `reporting`: people on whom nothing trains and by whom
 * nothing is chosen, for figures that are told to others.
 */
export const faceSets = { training: 0, judge: 500_000, heldOut: 1_000_000, reporting: 1_500_000 } as const;

/** How many people, and how many attribute vectors, a set of {@link faceSets} holds. */
export const faceSetSize = 500_000;

/**
 * The faces of a swap batch: four lists of equal length. The exact truth shows `sourceIdentities` under
 * `targetAttributes`.
 */
export interface SwapIndices {
  readonly sourceIdentities: Uint32Array;
  readonly sourceAttributes: Uint32Array;
  readonly targetIdentities: Uint32Array;
  readonly targetAttributes: Uint32Array;
}

/** Faces with their class labels, for training an identity network. */
export interface LabelledIndices {
  readonly identities: Uint32Array;
  readonly attributes: Uint32Array;
  /** `identities` counted from 0: class numbers in [0, identities of the sampler). */
  readonly labels: Uint32Array;
}

/** What a sampler draws from. */
export interface FaceSamplerOptions {
  /** How many identities there are. */
  readonly identities: number;
  /** Number of the first one. Default `faceSets.training`. */
  readonly firstIdentity?: number;
  /** How many attribute vectors there are. Default half a million, which no run exhausts. */
  readonly attributes?: number;
  /** Number of the first one. Default `firstIdentity`. */
  readonly firstAttributes?: number;
  readonly seed?: number;
}

const OPTIONS: OptionKeys<FaceSamplerOptions> = {
  identities: true,
  firstIdentity: true,
  attributes: true,
  firstAttributes: true,
  seed: true,
};
const MOST = 2 ** 32 - 1; // numbers of faces and seeds are u32 on the device

const swapStream = 0x73776170; // "swap"
const labelStream = 0x6c61626c; // "labl"

/** Draws index lists; draw number `step` depends on the seed and on `step` alone. */
export class FaceSampler {
  readonly identities: number;
  readonly firstIdentity: number;
  readonly attributes: number;
  readonly firstAttributes: number;
  readonly seed: number;

  constructor(options: FaceSamplerOptions) {
    checkOptions('FaceSampler', options, OPTIONS);
    this.identities = options.identities;
    this.firstIdentity = options.firstIdentity ?? faceSets.training;
    this.attributes = options.attributes ?? 500_000;
    this.firstAttributes = options.firstAttributes ?? this.firstIdentity;
    this.seed = options.seed ?? 0;
    for (const name of ['identities', 'attributes'] as const) checkInteger('FaceSampler', name, this[name], 2);
    for (const name of ['firstIdentity', 'firstAttributes', 'seed'] as const)
      checkInteger('FaceSampler', name, this[name], 0, MOST);
  }

  /** A swap batch. Same-identity pairs differ in attributes only; cross-identity pairs never share the identity. */
  swap(step: number, batch: number, sameIdentity: boolean): SwapIndices {
    const list = () => new Uint32Array(batch);
    const indices = {
      sourceIdentities: list(),
      sourceAttributes: list(),
      targetIdentities: list(),
      targetAttributes: list(),
    };
    for (let row = 0; row < batch; row++) {
      const words = philox([step, row, 0, 0], [this.seed, swapStream]);
      const target = words[0] % this.identities;
      const other = (target + 1 + (words[1] % (this.identities - 1))) % this.identities;
      const attributes = words[2] % this.attributes;
      const otherAttributes = (attributes + 1 + (words[3] % (this.attributes - 1))) % this.attributes;
      indices.targetIdentities[row] = this.firstIdentity + target;
      indices.sourceIdentities[row] = this.firstIdentity + (sameIdentity ? target : other);
      indices.targetAttributes[row] = this.firstAttributes + attributes;
      indices.sourceAttributes[row] = this.firstAttributes + otherAttributes;
    }
    return indices;
  }

  /** Labelled faces, each identity equally likely. */
  labelled(step: number, batch: number): LabelledIndices {
    const labels = new Uint32Array(batch);
    const attributes = new Uint32Array(batch);
    for (let row = 0; row < batch; row++) {
      const words = philox([step, row, 0, 0], [this.seed, labelStream]);
      labels[row] = words[0] % this.identities;
      attributes[row] = this.firstAttributes + (words[1] % this.attributes);
    }
    return { identities: labels.map((label) => label + this.firstIdentity), attributes, labels };
  }
}
