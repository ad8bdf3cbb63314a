/**
 * @file Draws mesh heads on the GPU: two integers name a head; three kernels make its parameters and the weights of its
 * morph targets from them. Nothing is read back, so a recorded step replays with other integers.
 */
import { currentGpu, f32, type Gpu, type Program } from '@visage/gpu';
import * as kernels from '@visage/kernels';
import { keep, scope, Tensor, tensor } from '@visage/tensor';
import { empty } from '@visage/tensor/kernels';
import type { Factor } from '../../sampling/factors.ts';
import type { HeadAsset } from '../asset/headAsset.ts';
import { choiceNames, choiceTable } from './choices.ts';
import { environmentTable } from './environments.ts';
import { type FactorSplit, factorSplits } from './factors.ts';
import { capitals, drawnCount, personFloats, rowNumber, valueConstants, valueCount } from './layout.ts';
import { type HeadCrop, type HeadLevel, headCrops, headLevels, headTable, meanHeadTable } from './levels.ts';
import type { PersonTables } from './person.ts';
import { type RuleTable, ruleTable } from './rules.ts';
import { toneKnots } from './tone.ts';

/** What the people of an asset are drawn from, on the host. */
export interface PeopleTables extends PersonTables {
  readonly rules: RuleTable;
}

/** The tables of an asset. */
export function peopleTables(asset: HeadAsset): PeopleTables {
  return {
    choices: choiceTable(asset),
    environments: environmentTable(asset.textures),
    rules: ruleTable(asset.targets),
  };
}

/** Which heads to draw. */
export interface PeopleBatch {
  /** Identity numbers [batch] of u32. */
  readonly identities: Uint32Array | Tensor;
  /** Attribute numbers [batch] of u32. */
  readonly attributes: Uint32Array | Tensor;
  /** Default 0. */
  readonly seed?: number;
  /** Default `M1`. */
  readonly level?: HeadLevel;
  /** Default `aligned`. */
  readonly crop?: HeadCrop;
  /** Default `swap`. */
  readonly factorSplit?: FactorSplit;
  /** Does every head get the mean identity, of the split `swap`? Default false. */
  readonly mean?: boolean;
}

/** A batch of heads on the GPU. */
export interface DrawnPeople {
  /** Struct Person of kernels/heads/person.wgsl [batch, 188]. */
  readonly people: Tensor;
  /** Weights of the morph targets of face and carrier [batch, 2, targets]. */
  readonly weights: Tensor;
}

const shapeCodes = { uniform: 0, normal: 1, chance: 2 } as const;

/** One row (a, b, c, code) per drawn row, as kernels/heads/peopleDraw.wgsl reads it. */
const tableRows = (table: readonly Factor[]): number[] =>
  table.flatMap(({ stream, shape, a, b, c }, row) => [
    ...[a, b, c],
    (stream === 'attribute' ? 1 : 0) + 2 * shapeCodes[shape] + 8 * rowNumber(row),
  ]);

const rowsKey = (level: HeadLevel, crop: HeadCrop, people: FactorSplit | 'mean'): string =>
  `${level} ${crop} ${people}`;

/** The people of an asset on one device. Make it outside of recorded steps; it holds 140 kB until `dispose`. */
export class People {
  /** The tables of the asset on the host. */
  readonly tables: PeopleTables;
  readonly gpu: Gpu;
  readonly #rows: ReadonlyMap<string, Tensor>;
  readonly #options: Tensor;
  readonly #environments: Tensor;
  readonly #start: Tensor;
  readonly #rules: Tensor;
  readonly #constants: Readonly<Record<string, number | ReturnType<typeof f32>>>;

  constructor(asset: HeadAsset, gpu: Gpu = currentGpu()) {
    this.gpu = gpu;
    this.tables = peopleTables(asset);
    const held = (data: Float32Array | Uint32Array) => keep(tensor(data, [data.length], { gpu }));
    const rowsOf = (table: readonly Factor[]) => held(new Float32Array(tableRows(table)));
    const { choices, environments, rules } = this.tables;
    this.#rows = new Map(
      headLevels.flatMap((level) =>
        headCrops.flatMap((crop) => [
          ...factorSplits.map((split) => [rowsKey(level, crop, split), rowsOf(headTable(level, crop, split))] as const),
          [rowsKey(level, crop, 'mean'), rowsOf(meanHeadTable(level, crop))] as const,
        ]),
      ),
    );
    this.#options = held(choices.rows);
    this.#environments = held(environments);
    this.#start = held(rules.start);
    this.#rules = held(rules.rows);
    this.#constants = {
      ...valueConstants,
      ...Object.fromEntries(toneKnots.map((knot, k) => [`TONE_${k}`, f32(knot)])),
      ...Object.fromEntries(
        choiceNames.flatMap((name) => [
          [`${capitals(name)}_FIRST`, choices.range[name][0]],
          [`${capitals(name)}_COUNT`, choices.range[name][1]],
        ]),
      ),
      ENVIRONMENTS: environments.length / 36,
      TARGETS: rules.targets,
    };
  }

  /** Number of targets in `weights`: those of the asset, rounded up to a multiple of 4. */
  get targets(): number {
    return this.tables.rules.targets;
  }

  /** Draws a batch. The numbers were checked by the caller: lists of equal length. */
  draw(heads: PeopleBatch): DrawnPeople {
    const { gpu } = this;
    const { identities, attributes, seed = 0, level = 'M1', crop = 'aligned', factorSplit = 'swap', mean } = heads;
    const numbers = (x: Uint32Array | Tensor) => (x instanceof Tensor ? x.buffer : gpu.upload(x));
    const batch = identities instanceof Tensor ? identities.size : identities.length;
    const table = this.#rows.get(rowsKey(level, crop, mean ? 'mean' : factorSplit)) as Tensor;
    return scope(() => {
      const values = empty(gpu, [batch, valueCount]);
      const people = empty(gpu, [batch, personFloats]);
      const weights = empty(gpu, [batch, 2, this.targets]);
      gpu.dispatch({
        program: this.#program('draw', [kernels.randomPhilox, kernels.headsPeopleDraw], { SEED: seed }),
        buffers: [numbers(identities), numbers(attributes), table.buffer, values.buffer],
        grid: [Math.ceil(drawnCount / 32), batch, 1],
      });
      gpu.dispatch({
        program: this.#program(
          'derive',
          [kernels.headsPerson, kernels.headsPeopleMixture, kernels.headsPeopleLight, kernels.headsPeople],
          { BATCH: batch },
        ),
        buffers: [values.buffer, this.#options.buffer, this.#environments.buffer, people.buffer],
        grid: [Math.ceil(batch / 8), 1, 1],
      });
      gpu.dispatch({
        program: this.#program('weights', [kernels.headsPeopleWeights]),
        buffers: [values.buffer, this.#start.buffer, this.#rules.buffer, weights.buffer],
        grid: [Math.ceil(this.targets / 32), 2, batch],
      });
      return { people, weights };
    });
  }

  #program(name: string, parts: readonly string[], constants: Record<string, number> = {}): Program {
    return { name: `heads/people ${name}`, parts, constants: { ...this.#constants, ...constants } };
  }

  /** Frees the tables. */
  dispose(): void {
    for (const x of [...this.#rows.values(), this.#options, this.#environments, this.#start, this.#rules]) x.dispose();
  }
}
