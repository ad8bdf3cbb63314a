/** @file Which faces of a picture are swapped, and each for whose identity. Plain data: nothing here needs a GPU. */
import {
  ArgumentError,
  checkInteger,
  checkList,
  checkNumber,
  checkOneOf,
  checkOptions,
  type OptionKeys,
} from '@visage/gpu';
import type { Face } from '../core/face.ts';
import { assignOneToOne } from '../people/assign.ts';
import { descriptorDistance, samePerson } from '../people/descriptors.ts';

/** Faces by their place in the picture; every one gets the first identity. */
export interface ByPlace {
  /** `largest`, `all`, or numbers of faces, which count from 0 at the left. */
  readonly faces: 'largest' | 'all' | readonly number[];
}

/** Faces by who they are: person k of the list gets identity k. */
export interface ByPerson {
  /** A descriptor of each person that is looked for. */
  readonly people: readonly Float32Array[];
  /** The distance of descriptors from which on a face is not that person. Default {@link samePerson}. */
  readonly threshold?: number;
  /** Do all other faces get one more identity, that behind those of the people? Default no: they stay. */
  readonly others?: boolean;
}

/** Which faces of a picture are swapped. */
export type FaceChoice = ByPlace | ByPerson;

const BY_PLACE: OptionKeys<ByPlace> = { faces: true };
const BY_PERSON: OptionKeys<ByPerson> = { people: true, threshold: true, others: true };

/** One face that is swapped. */
export interface ChosenFace {
  /** Its number in the picture. */
  readonly face: number;
  /** The number of the identity that it gets. */
  readonly identity: number;
  /** Its distance from the person that it was taken for, where people were looked for. */
  readonly distance?: number;
}

/** A person that no face belongs to. */
export interface MissingPerson {
  /** The number of the person in the choice. */
  readonly person: number;
  /** How far the nearest face is from the person, also if it belongs to another; infinite without faces. */
  readonly nearest: number;
}

/** The faces that are swapped, and who was not found. */
export interface ChosenFaces {
  /** In the order of the picture. */
  readonly chosen: readonly ChosenFace[];
  readonly missing: readonly MissingPerson[];
}

/** @throws ArgumentError unless the choice is one of those that {@link chooseFaces} knows. */
export function checkChoice(choice: FaceChoice): void {
  if ('people' in choice) {
    checkOptions('chooseFaces', choice, BY_PERSON);
    checkList('chooseFaces', 'people', choice.people, 'descriptors');
    checkNumber('chooseFaces', 'threshold', choice.threshold ?? samePerson, 0, 2);
    return;
  }
  checkOptions('chooseFaces', choice, BY_PLACE);
  if (typeof choice.faces === 'string') checkOneOf('chooseFaces', 'faces', choice.faces, ['largest', 'all']);
  else checkList('chooseFaces', 'faces', choice.faces, 'numbers of faces');
}

/**
 * Chooses the faces that are swapped.
 *
 * People and faces are assigned one to one, so that no two faces of a picture become the same person and the sum of the
 * distances is least.
 *
 * @param descriptors of the faces; needed where people are looked for.
 * @throws ArgumentError for a face that is not there, and where descriptors are needed and missing.
 */
export function chooseFaces(
  faces: readonly Face[],
  choice: FaceChoice,
  descriptors: readonly Float32Array[] = [],
): ChosenFaces {
  checkChoice(choice);
  return 'people' in choice ? byPerson(faces, choice, descriptors) : byPlace(faces, choice);
}

function byPlace(faces: readonly Face[], { faces: which }: ByPlace): ChosenFaces {
  const chosen = (numbers: readonly number[]): ChosenFaces => ({
    chosen: numbers.map((face) => ({ face, identity: 0 })),
    missing: [],
  });
  if (which === 'all') return chosen(faces.map((_, k) => k));
  if (which === 'largest') return chosen(faces.length === 0 ? [] : [largestFace(faces)]);
  const hint = faces.length === 0 ? 'The picture shows no face' : 'Faces are numbered from the left';
  for (const [k, face] of which.entries()) checkInteger('chooseFaces', `faces[${k}]`, face, 0, faces.length - 1, hint);
  return chosen([...new Set(which)].sort((a, b) => a - b));
}

function byPerson(
  faces: readonly Face[],
  { people, threshold = samePerson, others = false }: ByPerson,
  descriptors: readonly Float32Array[],
): ChosenFaces {
  if (descriptors.length !== faces.length)
    throw new ArgumentError(
      'chooseFaces',
      'descriptors',
      `${descriptors.length} of them`,
      `${faces.length}, one a face`,
    );
  const distances = people.map((person) => descriptors.map((face) => descriptorDistance(person, face)));
  const assigned = assignOneToOne(distances, threshold);
  const chosen: ChosenFace[] = [];
  for (const face of faces.keys()) {
    const identity = assigned.indexOf(face);
    if (identity >= 0) chosen.push({ face, identity, distance: distances[identity]?.[face] });
    else if (others) chosen.push({ face, identity: people.length });
  }
  const missing = distances.flatMap((row, person): MissingPerson[] =>
    assigned[person] === undefined ? [{ person, nearest: Math.min(...row) }] : [],
  );
  return { chosen, missing };
}

/** The number of the face with the largest box; the first of equals. */
export function largestFace(faces: readonly Face[]): number {
  const areas = faces.map(({ box }) => box.width * box.height);
  return areas.indexOf(Math.max(...areas));
}
