/** @file Which faces `visage swap` swaps, and for whom: its flags as lists of people. */
import { UsageError } from '../terminal/failure.ts';

/** The flags of `visage swap` that choose faces. */
export interface ChoiceFlags {
  readonly source?: readonly string[];
  readonly faces?: 'largest' | 'all';
  readonly face?: readonly number[];
  readonly match?: readonly string[];
  readonly map?: readonly string[];
  readonly threshold?: number;
}

/** Somebody in the target, and whose identity that face gets: files of one or several photographs each. */
export interface Replacement {
  readonly person: readonly string[];
  readonly source: readonly string[];
}

/** What the flags ask for. */
export type PhotoChoice =
  | { readonly faces: 'largest' | 'all' | readonly number[]; readonly source: readonly string[] }
  | {
      readonly people: readonly Replacement[];
      readonly threshold?: number;
      /** Whose identity everybody else gets; nobody's if it is left out. */
      readonly others?: readonly string[];
    };

/** All files that a choice names. */
export const filesOf = (choice: PhotoChoice): string[] =>
  'people' in choice
    ? [...choice.people.flatMap(({ person, source }) => [...person, ...source]), ...(choice.others ?? [])]
    : [...choice.source];

/**
 * Reads the flags.
 *
 * @throws UsageError for flags that contradict each other, and for one that would do nothing.
 */
export function readChoice(flags: ChoiceFlags): PhotoChoice {
  const { source = [], faces, face, match, map, threshold } = flags;
  const given = Object.entries({ faces, face, match, map }).filter(([, value]) => value !== undefined);
  const names = given.map(([name]) => name);
  const together = names.length < 2 || (names.join() === 'faces,map' && faces === 'all');
  if (!together)
    throw new UsageError(
      `${names.map((name) => `--${name}`).join(' and ')} each say which faces to swap; give one of them, or --map with --faces all`,
    );
  if (threshold !== undefined && !match && !map)
    throw new UsageError('--threshold is the largest distance from a person of --match or --map; give one of these');
  if (map) return mapped(map, faces === 'all', source, threshold);
  if (source.length === 0) throw new UsageError('--source is missing: a photograph of the person whose face to put in');
  if (match) return { people: [{ person: match, source }], threshold };
  return { faces: face ?? faces ?? 'largest', source };
}

function mapped(
  map: readonly string[],
  all: boolean,
  source: readonly string[],
  threshold: number | undefined,
): PhotoChoice {
  const people = new Map<string, string[]>();
  for (const pair of map) {
    const [person, other, ...more] = pair.split('=');
    if (!person || !other || more.length > 0) {
      const form = 'PERSON=SOURCE, two files: somebody in the target, and whose face that person gets';
      throw new UsageError(`--map ${pair}: expected ${form}`);
    }
    people.set(person, [...(people.get(person) ?? []), other]);
  }
  if (all && source.length === 0)
    throw new UsageError('--faces all beside --map needs --source: whose face do all the others get?');
  if (!all && source.length > 0)
    throw new UsageError('--map names the sources itself; --source beside it is for everybody else, with --faces all');
  const replacements = [...people].map(([person, sources]) => ({ person: [person], source: sources }));
  return { people: replacements, threshold, ...(all && { others: source }) };
}
