/**
 * @file Which swaps the systems are compared on: couples of people whom nobody trained on, each into the other's
 * photos, so that DeepFakes can take part.
 */
import type { SwapIndices } from '@visage/faces';
import { firstOf, type PeopleSet } from '../../evaluation/people.ts';

/** How many swaps, of whom. */
export interface SwapPlan {
  /** Couples of people; DeepFakes trains a network on each. */
  readonly couples: number;
  /** Photos of each person that the other one is put into. */
  readonly photos: number;
  /** People among whom a swap must be recognised; the couples are the first of them. */
  readonly people: number;
  /** Whose people they are. */
  readonly peopleSet: PeopleSet;
}

/** The swaps that put one person into the photos of the other of a couple; rows `from` to `to`. */
export interface SwapGroup {
  /** Numbers among the people of the plan's set. */
  readonly source: number;
  readonly target: number;
  readonly from: number;
  readonly to: number;
}

// Attribute numbers behind the first of the set, which has half a million: the tests have theirs, each album of
// DeepFakes its own.
const TEST_PHOTOS = 350_000;
const ALBUMS = 400_000;

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
  const first = firstOf[plan.peopleSet];
  const rows = (value: (group: SwapGroup) => number) =>
    Uint32Array.from(groups.flatMap((group) => new Array<number>(plan.photos).fill(first + value(group))));
  const attributes = (from: number) => Uint32Array.from({ length: count }, (_, k) => first + from + k);
  return {
    sourceIdentities: rows(({ source }) => source),
    targetIdentities: rows(({ target }) => target),
    sourceAttributes: attributes(TEST_PHOTOS),
    targetAttributes: attributes(TEST_PHOTOS + count),
  };
}

/**
 * The same targets with another photo of their own person as source: a system that keeps what it should gives the
 * target back.
 */
export function selfSwaps(plan: SwapPlan): SwapIndices {
  const { targetIdentities, targetAttributes, sourceAttributes } = comparedSwaps(plan);
  return { sourceIdentities: targetIdentities, sourceAttributes, targetIdentities, targetAttributes };
}

/** The photos that DeepFakes gets of a person; none is among the tests. */
export function albumOf(
  { peopleSet }: Pick<SwapPlan, 'peopleSet'>,
  person: number,
  photos: number,
): { identities: Uint32Array; attributes: Uint32Array } {
  const first = firstOf[peopleSet] + ALBUMS + person * photos;
  return {
    identities: new Uint32Array(photos).fill(firstOf[peopleSet] + person),
    attributes: Uint32Array.from({ length: photos }, (_, k) => first + k),
  };
}
