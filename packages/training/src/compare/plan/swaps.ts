/**
 * @file Chooses the swaps on which the systems are compared. They are made within couples of people who were not
 * trained on, each swapped into the other's photos, because DeepFakes can only swap within a couple.
 */
import type { SwapIndices } from '@visage/faces';
import { firstOf, type PeopleSet } from '../../evaluation/people.ts';

/** The number of swaps, and the people in them. */
export interface SwapPlan {
  /** Number of couples of people; DeepFakes trains one network per couple. */
  readonly couples: number;
  /** Number of photos of each person into which the other one is swapped. */
  readonly photos: number;
  /** Number of people in the gallery from which a swap must be recognised; the couples are the first of them. */
  readonly people: number;
  /** The set that the people are taken from. */
  readonly peopleSet: PeopleSet;
}

/** The swaps of one person into the photos of the other of a couple: rows `from` to `to` − 1. */
export interface SwapGroup {
  /** The numbers of source and target among the people of the plan's set. */
  readonly source: number;
  readonly target: number;
  readonly from: number;
  readonly to: number;
}

// Offsets of attribute numbers within the half million of a set. The test photos and the albums of DeepFakes use
// different ranges.
const TEST_PHOTOS = 350_000;
const ALBUMS = 400_000;

/** The other person of a couple. Couples are people 0 and 1, 2 and 3, … */
const partnerOf = (person: number): number => person ^ 1;

/** One group per source person, in the order of their rows. */
export const swapGroups = ({ couples, photos }: SwapPlan): SwapGroup[] =>
  Array.from({ length: 2 * couples }, (_, person) => ({
    source: person,
    target: partnerOf(person),
    from: person * photos,
    to: (person + 1) * photos,
  }));

/** The faces of the swaps of all groups. Each swap uses a different photo of its source. */
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

/** The same targets with another photo of the same person as source. A perfect system returns the target unchanged. */
export function selfSwaps(plan: SwapPlan): SwapIndices {
  const { targetIdentities, targetAttributes, sourceAttributes } = comparedSwaps(plan);
  return { sourceIdentities: targetIdentities, sourceAttributes, targetIdentities, targetAttributes };
}

/** The training photos of a person for DeepFakes; none is used in a test. */
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
