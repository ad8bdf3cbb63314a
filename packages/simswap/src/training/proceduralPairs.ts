import { FaceSampler, faceSets, type Level, SwapFaces, type SwapIndices } from '@visage/faces';
import { ArgumentError, checkInteger, checkOptions, type Gpu, type OptionKeys, showValue } from '@visage/gpu';
import type { PairKind } from '../core/recipe.ts';
import type { ImagePairs, TrainingData } from './data.ts';
import { shuffledRows } from './data.ts';

/** Which procedural faces to train on. */
export interface ProceduralPairsOptions {
  readonly batchSize: number;
  readonly imageSize: number;
  /**
   * People in the training set; at most so many that none is one of the judge's or of the held-out people (`faceSets`).
   */
  readonly identities: number;
  readonly level?: Level;
  /** Names the endless set of faces. */
  readonly faceSeed?: number;
  /** Decides which pairs are drawn. */
  readonly seed?: number;
  /** Where they are rendered: that of the networks that they train. Default: the current device. */
  readonly gpu?: Gpu;
}

const OPTIONS: OptionKeys<ProceduralPairsOptions> = {
  batchSize: true,
  imageSize: true,
  identities: true,
  level: true,
  faceSeed: true,
  seed: true,
  gpu: true,
};

/** Pairs of procedural faces, rendered inside the training step: nothing is stored and nothing repeats. */
export class ProceduralPairs implements TrainingData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly knowsTruth = true;
  readonly #sampler: FaceSampler;
  readonly #faces: SwapFaces;

  constructor(options: ProceduralPairsOptions) {
    checkOptions('ProceduralPairs', options, OPTIONS);
    const { batchSize, imageSize, identities, level, faceSeed, seed, gpu } = options;
    const most = faceSets.judge - faceSets.training;
    if (!Number.isInteger(identities) || identities < 2 || identities > most)
      throw new ArgumentError('ProceduralPairs', 'identities', showValue(identities), `from 2 to ${most}`);
    checkInteger('ProceduralPairs', 'batchSize', batchSize, 1);
    this.batchSize = batchSize;
    this.imageSize = imageSize;
    this.#sampler = new FaceSampler({ identities, seed });
    this.#faces = new SwapFaces({ batch: batchSize, size: imageSize, level, seed: faceSeed, gpu });
  }

  images(kind: PairKind): ImagePairs {
    const pairs = { target: this.#faces.target(), source: this.#faces.source() };
    return kind === 'truth' ? { ...pairs, truth: { image: this.#faces.truth(), mask: this.#faces.mask() } } : pairs;
  }

  load(kind: PairKind, step: number): void {
    this.#faces.load(this.draw(kind, step));
  }

  /** The faces of a step's pairs; they depend on the seed, the kind and the step alone. */
  draw(kind: PairKind, step: number): SwapIndices {
    const drawn = this.#sampler.swap(step, this.batchSize, kind === 'same' || kind === 'shuffled');
    if (kind !== 'shuffled') return drawn;
    const rows = shuffledRows(this.batchSize, step, this.#sampler.seed);
    const shuffled = (list: Uint32Array) => Uint32Array.from(rows, (row) => list[row] as number);
    return {
      ...drawn,
      sourceIdentities: shuffled(drawn.sourceIdentities),
      sourceAttributes: shuffled(drawn.sourceAttributes),
    };
  }

  dispose(): void {
    this.#faces.dispose();
  }
}
