/** @file Which people of a data set are trained on, and which are kept for measurements and samples. */
import { shuffledPlace } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import type { DataPerson, DataSet } from './dataSet.ts';

/** The people of a data set in two parts that share nobody. */
export interface DataSplit {
  readonly trained: readonly DataPerson[];
  /** Nobody trains on them. */
  readonly heldOut: readonly DataPerson[];
  /** The number of people with a single face, who are in neither part: a pair of one person needs two. */
  readonly single: number;
}

const LEAST_HELD_OUT = 2;
const LEAST_TRAINED = 2;
const MOST_SHARE = 5; // at most one of so many people is held out, unless that leaves fewer than LEAST_HELD_OUT
const SPLIT_STREAM = 0x73706c74; // "splt"

/**
 * Splits a data set. Held out are `names`, or else `wanted` people drawn at random, at most a fifth of all and at least
 * two. The draw depends on the number of people alone, so that every run holds out the same people.
 *
 * @throws VisageError when the data set is too small, or lacks one of `names`.
 */
export function splitPeople({ folder, people: all }: DataSet, wanted: number, names?: readonly string[]): DataSplit {
  const people = all.filter(({ faces }) => faces.length > 1);
  const single = all.length - people.length;
  if (people.length < LEAST_TRAINED + LEAST_HELD_OUT) {
    throw new VisageError(
      `${folder}: holds ${people.length} people with two pictures or more; training needs at least ${LEAST_TRAINED + LEAST_HELD_OUT}, of whom ${LEAST_HELD_OUT} are kept for measurements`,
    );
  }
  const chosen = new Set(names ?? drawn(people, wanted));
  const heldOut = people.filter(({ name }) => chosen.has(name));
  if (heldOut.length < chosen.size)
    throw new VisageError(`${folder}: lacks ${chosen.size - heldOut.length} of the people who are held out`);
  return { trained: people.filter(({ name }) => !chosen.has(name)), heldOut, single };
}

function drawn(people: readonly DataPerson[], wanted: number): string[] {
  const most = Math.max(LEAST_HELD_OUT, Math.floor(people.length / MOST_SHARE));
  return Array.from({ length: Math.min(wanted, most) }, (_, k) => {
    const place = shuffledPlace(k, people.length, 0, SPLIT_STREAM, 0);
    return (people[place] as DataPerson).name;
  });
}

/** Describes a split in one line. */
export function describeSplit({ trained, heldOut, single }: DataSplit): string {
  const alone = single > 0 ? `; ${single} people with a single picture are left out` : '';
  return `trained on ${trained.length} people, measured on ${heldOut.length} others${alone}`;
}
