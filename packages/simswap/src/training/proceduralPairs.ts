import { FaceSampler, faceSets, type Level, SwapFaces, type SwapIndices } from '@visage/faces';
import { ArgumentError, checkInteger, checkOptions, type Gpu, type OptionKeys, showValue } from '@visage/gpu';
import type { PairKind } from '../core/recipe.ts';
import { alone, checkShard, ownRows, rowsOfAll, type Shard } from '../core/shard.ts';
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
  /** Which rows of the whole batch these are, of a training on several devices. Default: all. */
  readonly shard?: Shard;
}

const OPTIONS: OptionKeys<ProceduralPairsOptions> = {
  batchSize: true,
  imageSize: true,
  identities: true,
  level: true,
  faceSeed: true,
  seed: true,
  gpu: true,
  shard: true,
};

/** Pairs of procedural faces, rendered inside the training step: nothing is stored and nothing repeats. */
export class ProceduralPairs implements TrainingData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly shard: Shard;
  readonly knowsTruth = true;
  readonly #sampler: FaceSampler;
  readonly #faces: SwapFaces;

  constructor(options: ProceduralPairsOptions) {
    checkOptions('ProceduralPairs', options, OPTIONS);
    const { batchSize, imageSize, identities, level, faceSeed, seed, gpu, shard = alone } = options;
    const most = faceSets.judge - faceSets.training;
    if (!Number.isInteger(identities) || identities < 2 || identities > most)
      throw new ArgumentError('ProceduralPairs', 'identities', showValue(identities), `from 2 to ${most}`);
    checkInteger('ProceduralPairs', 'batchSize', batchSize, 1);
    checkShard('ProceduralPairs', shard);
    this.shard = shard;
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
    const all = rowsOfAll(this.batchSize, this.shard);
    const drawn = this.#sampler.swap(step, all, kind === 'same' || kind === 'shuffled');
    const rows = kind === 'shuffled' ? shuffledRows(all, step, this.#sampler.seed) : undefined;
    const target = (list: Uint32Array) => ownRows(list, this.shard);
    const source = (list: Uint32Array) => target(rows ? Uint32Array.from(rows, (row) => list[row] as number) : list);
    return {
      targetIdentities: target(drawn.targetIdentities),
      targetAttributes: target(drawn.targetAttributes),
      sourceIdentities: source(drawn.sourceIdentities),
      sourceAttributes: source(drawn.sourceAttributes),
    };
  }

  dispose(): void {
    this.#faces.dispose();
  }
}
