/** @file Which faces of a film are swapped, each for whose identity, without flicker. */
import { assignOneToOne } from '../people/assign.ts';
import { descriptorDistance, samePerson } from '../people/descriptors.ts';
import { checkChoice, type FaceChoice, largestFace } from '../swap/choose.ts';
import type { FilmPeople } from './filmPeople.ts';
import type { TrackedFace } from './tracker.ts';

/** Frames in a row that have to agree before a face gets another identity. */
const SWITCH = 5;

/** A face of a frame that is swapped. */
export interface CastFace extends TrackedFace {
  /** The number of the identity that it gets. */
  readonly identity: number;
}

/** What a track has, and what the choice has wanted for it instead for some frames. -1 stands for no identity. */
interface Part {
  readonly identity: number;
  readonly wanted: number;
  readonly frames: number;
}

const NOBODY = -1;

/**
 * Gives the faces of a film identities, by the choice that also photographs are swapped by. Numbers of faces are those
 * of people, who count from 0 in the order of appearance, from left to right in the first frame.
 *
 * A face keeps its identity until the choice has wanted another one for five frames, so that two people of nearly the
 * same size, or a bad frame, cause no flicker.
 */
export class Casting {
  readonly #choice: FaceChoice;
  #parts = new Map<number, Part>(); // by track

  /** @throws ArgumentError for a choice that is none. */
  constructor(choice: FaceChoice) {
    checkChoice(choice);
    this.#choice = choice;
  }

  /** The faces of the next frame that are swapped. */
  next(faces: readonly TrackedFace[], people: FilmPeople): CastFace[] {
    const wanted = this.#wanted(faces, people);
    const parts = new Map<number, Part>();
    for (const [k, { track }] of faces.entries())
      parts.set(track, nextPart(this.#parts.get(track), wanted[k] ?? NOBODY));
    this.#parts = parts;
    return faces.flatMap((face) => {
      const { identity } = parts.get(face.track) as Part;
      return identity === NOBODY ? [] : [{ ...face, identity }];
    });
  }

  /** The identity that each face should have. */
  #wanted(faces: readonly TrackedFace[], people: FilmPeople): (number | undefined)[] {
    const choice = this.#choice;
    if ('people' in choice) {
      const { threshold = samePerson, others = false } = choice;
      const costs = choice.people.map((person) =>
        faces.map((face) => descriptorDistance(person, people.descriptor(face.person))),
      );
      const assigned = assignOneToOne(costs, threshold);
      return faces.map((_, k) => {
        const identity = assigned.indexOf(k);
        if (identity >= 0) return identity;
        return others ? choice.people.length : undefined;
      });
    }
    const { faces: which } = choice;
    if (which === 'all') return faces.map(() => 0);
    if (which !== 'largest') return faces.map(({ person }) => (which.includes(person) ? 0 : undefined));
    const largest = largestFace(faces.map(({ face }) => face));
    return faces.map((_, k) => (k === largest ? 0 : undefined));
  }

  /** Plain data, from which {@link restore} goes on. */
  state(): readonly (readonly [track: number, part: Part])[] {
    return [...this.#parts];
  }

  restore(state: ReturnType<Casting['state']>): void {
    this.#parts = new Map(state);
  }
}

function nextPart(part: Part | undefined, wanted: number): Part {
  if (!part) return { identity: wanted, wanted, frames: 0 };
  if (wanted === part.identity) return { ...part, wanted, frames: 0 };
  const frames = wanted === part.wanted ? part.frames + 1 : 1;
  return frames >= SWITCH ? { identity: wanted, wanted, frames: 0 } : { ...part, wanted, frames };
}
