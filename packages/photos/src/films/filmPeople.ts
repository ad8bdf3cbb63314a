import { assignOneToOne } from '../people/assign.ts';
import { descriptorDistance, samePerson } from '../people/descriptors.ts';

/** Descriptors that count in a mean; later ones move it by this share at least. */
const MOST = 50;

interface Known {
  readonly mean: Float32Array;
  readonly count: number;
}

/**
 * The people of a film, in the order in which they appear. Who comes back after a cut is known again by the
 * descriptors, which form clusters as the film goes on.
 */
export class FilmPeople {
  #known: Known[] = [];

  /** The mean descriptor of a person. */
  descriptor(person: number): Float32Array {
    return (this.#known[person] as Known).mean;
  }

  distance(person: number, descriptor: Float32Array): number {
    return descriptorDistance(this.descriptor(person), descriptor);
  }

  /**
   * The people whom descriptors of different faces of one frame show, one to one. Who resembles nobody is somebody new.
   *
   * @param elsewhere people who are in the frame already, so that none of these faces is theirs.
   */
  identify(descriptors: readonly Float32Array[], elsewhere: ReadonlySet<number>): number[] {
    const free = [...this.#known.keys()].filter((person) => !elsewhere.has(person));
    const costs = descriptors.map((descriptor) => free.map((person) => this.distance(person, descriptor)));
    return assignOneToOne(costs, samePerson).map((column, k) => {
      const person = column === undefined ? this.#known.length : (free[column] as number);
      this.note(person, descriptors[k] as Float32Array);
      return person;
    });
  }

  /** Takes a descriptor into a person's mean; a person that is one more than there are becomes known. */
  note(person: number, descriptor: Float32Array): void {
    const { mean, count } = this.#known[person] ?? { mean: descriptor, count: 0 };
    const counted = Math.min(count + 1, MOST);
    const next = mean.map((value, k) => value + ((descriptor[k] as number) - value) / counted);
    this.#known[person] = { mean: next, count: counted };
  }

  /** Plain data, from which {@link restore} goes on. */
  state(): readonly { readonly mean: readonly number[]; readonly count: number }[] {
    return this.#known.map(({ mean, count }) => ({ mean: [...mean], count }));
  }

  restore(state: ReturnType<FilmPeople['state']>): void {
    this.#known = state.map(({ mean, count }) => ({ mean: Float32Array.from(mean), count }));
  }
}
