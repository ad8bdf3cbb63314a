/** @file Which swaps the systems are compared on: couples of held-out people, each into the other's photos, so that DeepFakes can take part. */
import { faceSets, type SwapIndices } from '@visage/faces';

/** How many swaps, of whom. */
export interface SwapPlan {
  /** Couples of people; DeepFakes trains a network on each. */
  readonly couples: number;
  /** Photos of each person that the other one is put into. */
  readonly photos: number;
  /** People among whom a swap must be recognised; the couples are the first of them. */
  readonly people: number;
}

/** The swaps that put one person into the photos of the other of a couple; rows `from` to `to`. */
export interface SwapGroup {
  /** Numbers among the held-out people. */
  readonly source: number;
  readonly target: number;
  readonly from: number;
  readonly to: number;
}

// Attribute numbers behind faceSets.heldOut: the tests have theirs, each album of DeepFakes its own.
const TEST_PHOTOS = 600_000;
const ALBUMS = 700_000;

/** The other one of a couple. Couples are people 0 and 1, 2 and 3, … */
const partnerOf = (person: number): number => person ^ 1;

/** One group per person that is a source, in the order of their rows. */
export const swapGroups = ({ couples, photos }: SwapPlan): SwapGroup[] =>
  Array.from({ length: 2 * couples }, (_, person) => ({
    source: person,
    target: partnerOf(person),
    from: person * photos,
    to: (person + 1) * photos,
  }));

/** The faces of all groups. Sources have a photo of their own for each swap. */
export function comparedSwaps(plan: SwapPlan): SwapIndices {
  const groups = swapGroups(plan);
  const count = groups.length * plan.photos;
  const rows = (value: (group: SwapGroup) => number) =>
    Uint32Array.from(groups.flatMap((group) => new Array<number>(plan.photos).fill(faceSets.heldOut + value(group))));
  const attributes = (first: number) => Uint32Array.from({ length: count }, (_, k) => faceSets.heldOut + first + k);
  return {
    sourceIdentities: rows(({ source }) => source),
    targetIdentities: rows(({ target }) => target),
    sourceAttributes: attributes(TEST_PHOTOS),
    targetAttributes: attributes(TEST_PHOTOS + count),
  };
}

/** The same targets with another photo of their own person as source: a system that keeps what it should gives the target back. */
export function selfSwaps(plan: SwapPlan): SwapIndices {
  const { targetIdentities, targetAttributes, sourceAttributes } = comparedSwaps(plan);
  return { sourceIdentities: targetIdentities, sourceAttributes, targetIdentities, targetAttributes };
}

/** The photos that DeepFakes gets of a person; none is among the tests. */
export function albumOf(person: number, photos: number): { identities: Uint32Array; attributes: Uint32Array } {
  const first = faceSets.heldOut + ALBUMS + person * photos;
  return {
    identities: new Uint32Array(photos).fill(faceSets.heldOut + person),
    attributes: Uint32Array.from({ length: photos }, (_, k) => first + k),
  };
}
