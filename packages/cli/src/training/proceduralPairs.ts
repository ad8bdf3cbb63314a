import { type Level, renderFaces } from '@visage/faces';
import { HostRandom } from '@visage/nn';
import type { ImagePairs, PairKind, TrainingData } from '@visage/simswap';
import { keep, slice, type Tensor, tensor } from '@visage/tensor';

/** Identity and attribute numbers below these are for training, from there on for measuring. */
export const FIRST_HELD_OUT = 1_000_000;

/** What {@link ProceduralPairs} renders. */
export interface ProceduralOptions {
  readonly batchSize: number;
  readonly imageSize: number;
  /** Number of people in the training set. */
  readonly identities: number;
  readonly seed: number;
  readonly level?: Level;
}

/**
 * Pairs of procedural faces, rendered by the training step itself: the host only writes four small tensors of numbers.
 *
 * Target and source have attributes of their own; the pair's kind decides whether they share the identity.
 */
export class ProceduralPairs implements TrainingData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly #options: ProceduralOptions;
  // Targets first, then sources, so that one launch renders both.
  readonly #identities: Tensor;
  readonly #attributes: Tensor;

  constructor(options: ProceduralOptions) {
    this.batchSize = options.batchSize;
    this.imageSize = options.imageSize;
    this.#options = options;
    this.#identities = keep(tensor(new Uint32Array(2 * options.batchSize)));
    this.#attributes = keep(tensor(new Uint32Array(2 * options.batchSize)));
  }

  images(): ImagePairs {
    const { imageSize: size, level } = this.#options;
    const faces = renderFaces({ identities: this.#identities, attributes: this.#attributes, size, level });
    return {
      target: slice(faces, 0, 0, this.batchSize),
      source: slice(faces, 0, this.batchSize, 2 * this.batchSize),
    };
  }

  load(kind: PairKind, step: number): void {
    const { batchSize, identities, seed } = this.#options;
    const random = new HostRandom(seed);
    random.draws = step;
    const words = random.bits(4 * batchSize);
    const people = new Uint32Array(2 * batchSize);
    for (let k = 0; k < batchSize; k++) {
      const target = (words[k] as number) % identities;
      // A step of 1 … identities − 1 around the circle of people never comes back to the same one.
      const away = kind === 'same' ? 0 : 1 + ((words[batchSize + k] as number) % (identities - 1));
      people[k] = target;
      people[batchSize + k] = (target + away) % identities;
    }
    this.#identities.write(people);
    this.#attributes.write(words.subarray(2 * batchSize).map((word) => word % FIRST_HELD_OUT));
  }

  dispose(): void {
    this.#identities.dispose();
    this.#attributes.dispose();
  }
}
