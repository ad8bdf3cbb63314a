import { VisageError } from '@visage/gpu';
import type { LabelledPeople, LabelledPictures } from '@visage/simswap';
import { keep, type Tensor, tensor } from '@visage/tensor';
import type { DataPerson } from './dataSet.ts';
import { unit } from './picturePairs.ts';
import type { Pictures } from './pictures.ts';
import { turnOf } from './turns.ts';

/** What {@link PictureLabels} draws from. */
export interface PictureLabelsOptions {
  /** The classes, in order. */
  readonly people: readonly DataPerson[];
  readonly pictures: Pictures;
  readonly batchSize: number;
  readonly seed: number;
}

interface Drawn {
  readonly bytes: Uint8Array;
  readonly label: number;
}

/**
 * Faces of a data set with the numbers of their people, for training identity networks. They are shuffled by counter as
 * the targets of `PicturePairs` are, and read and decoded ahead.
 */
export class PictureLabels implements LabelledPeople {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly people: number;
  readonly #options: PictureLabelsOptions;
  readonly #faces: Tensor;
  readonly #labels: Tensor;
  readonly #reading = new Map<number, Promise<Drawn[]>>();

  /** @throws VisageError when there are fewer than two people. */
  constructor(options: PictureLabelsOptions) {
    const { people, pictures, batchSize } = options;
    if (people.length < 2) throw new VisageError(`the data set has ${people.length} people, training needs at least 2`);
    this.people = people.length;
    this.batchSize = batchSize;
    this.imageSize = pictures.imageSize;
    this.#options = options;
    const black = new Uint8Array(batchSize * this.imageSize ** 2 * 3);
    this.#faces = keep(tensor(black, [batchSize, this.imageSize, this.imageSize, 3]));
    this.#labels = keep(tensor(new Uint32Array(batchSize), [batchSize]));
  }

  batch(): LabelledPictures {
    return { images: unit(this.#faces), labels: this.#labels };
  }

  expect(step: number): void {
    this.#read(step).catch(() => {}); // thrown where the batch is needed
  }

  /** @throws VisageError when no readable picture is left. */
  async load(step: number): Promise<void> {
    const drawn = await this.#read(step);
    for (const number of this.#reading.keys()) if (number <= step) this.#reading.delete(number);
    await this.#faces.writeInPlace((batch) => {
      for (const [row, { bytes }] of drawn.entries()) batch.set(bytes, row * bytes.length);
    });
    this.#labels.write(Uint32Array.from(drawn, ({ label }) => label));
  }

  dispose(): void {
    this.#faces.dispose();
    this.#labels.dispose();
  }

  #read(step: number): Promise<Drawn[]> {
    const known = this.#reading.get(step);
    if (known) return known;
    const rows = Array.from({ length: this.batchSize }, (_, row) => this.#face(step * this.batchSize + row));
    const reading = Promise.all(rows);
    this.#reading.set(step, reading);
    return reading;
  }

  /**
   * The face of a draw. The person's next readable one replaces an unreadable one, and the next person one with none.
   */
  async #face(draw: number): Promise<Drawn> {
    const { people, pictures, seed } = this.#options;
    const { person, face } = turnOf(people, draw, seed);
    for (let k = 0; k < people.length; k++) {
      const label = (person + k) % people.length;
      const { faces } = people[label] as DataPerson;
      for (let j = 0; j < faces.length; j++) {
        const bytes = await pictures.bytes(faces[(face + j) % faces.length] as number);
        if (bytes) return { bytes, label };
      }
    }
    throw new VisageError(`data set: no good picture is left; ${pictures.bad.length} pictures are bad`);
  }
}
