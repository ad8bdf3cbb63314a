import { type Level, renderFaces } from '@visage/faces';
import { ArgumentError } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { keep, type Tensor, tensor } from '@visage/tensor';
import { streamSeed, streams } from '../random.ts';
import type { PairKind } from '../recipe.ts';
import type { ImagePairs, TrainingData } from './data.ts';

/** Which procedural faces to train on. */
export interface ProceduralPairsOptions {
  readonly batchSize: number;
  readonly imageSize: number;
  /** People in the training set: identities 0 to this minus 1. */
  readonly identities: number;
  readonly level?: Level;
  /** Names the endless set of faces. */
  readonly faceSeed?: number;
  /** Decides which pairs are drawn. */
  readonly seed?: number;
}

/** The numbers of the faces of one batch. */
export interface PairNumbers {
  readonly targetIdentities: Uint32Array;
  readonly targetAttributes: Uint32Array;
  readonly sourceIdentities: Uint32Array;
  readonly sourceAttributes: Uint32Array;
}

/**
 * Draws the pairs of a step, by its number alone. Kind `same`: one identity under two draws of attributes; kind `cross`: two identities, never equal.
 */
export function drawPairs(kind: PairKind, step: number, batch: number, identities: number, seed: number): PairNumbers {
  const random = new HostRandom(streamSeed(seed, streams.pairs));
  random.draws = step;
  const bits = random.bits(4 * batch);
  const column = (k: number) => bits.slice(k * batch, (k + 1) * batch);
  const targetIdentities = column(0).map((x) => x % identities);
  // Going 1 to n − 1 places round a circle of n never comes back to the start.
  const sourceIdentities =
    kind === 'same'
      ? targetIdentities
      : column(1).map((x, k) => (targetIdentities[k]! + 1 + (x % (identities - 1))) % identities);
  return { targetIdentities, sourceIdentities, targetAttributes: column(2), sourceAttributes: column(3) };
}

/** Pairs of procedural faces, rendered inside the training step: nothing is stored and nothing repeats. */
export class ProceduralPairs implements TrainingData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly #options: Required<ProceduralPairsOptions>;
  readonly #numbers: Readonly<Record<keyof PairNumbers, Tensor>>;

  constructor(options: ProceduralPairsOptions) {
    if (!(options.identities >= 2)) {
      throw new ArgumentError(
        'ProceduralPairs',
        'identities',
        String(options.identities),
        'at least 2',
        'Cross pairs need two people',
      );
    }
    this.batchSize = options.batchSize;
    this.imageSize = options.imageSize;
    this.#options = { level: 'L1', faceSeed: 0, seed: 0, ...options };
    const numbers = () => keep(tensor(new Uint32Array(options.batchSize)));
    this.#numbers = {
      targetIdentities: numbers(),
      targetAttributes: numbers(),
      sourceIdentities: numbers(),
      sourceAttributes: numbers(),
    };
  }

  images(): ImagePairs {
    const { level, faceSeed, imageSize } = this.#options;
    const { targetIdentities, targetAttributes, sourceIdentities, sourceAttributes } = this.#numbers;
    const render = (identities: Tensor, attributes: Tensor) =>
      renderFaces({ identities, attributes, size: imageSize, level, seed: faceSeed });
    return {
      target: render(targetIdentities, targetAttributes),
      source: render(sourceIdentities, sourceAttributes),
    };
  }

  load(kind: PairKind, step: number): void {
    const { identities, seed } = this.#options;
    const drawn = drawPairs(kind, step, this.batchSize, identities, seed);
    for (const [name, numbers] of Object.entries(this.#numbers)) numbers.write(drawn[name as keyof PairNumbers]);
  }

  dispose(): void {
    for (const numbers of Object.values(this.#numbers)) numbers.dispose();
  }
}
