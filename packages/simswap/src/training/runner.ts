import type { RecordedStep } from '@visage/gpu';
import {
  assign,
  concat,
  cosineSimilarity,
  keep,
  l1Loss,
  mean,
  noGrad,
  record,
  scope,
  type Tensor,
  zeros,
} from '@visage/tensor';
import { firstNonFinite } from '@visage/tensor/kernels';
import type { PairKind } from '../core/recipe.ts';
import type { CollapseSigns } from './collapse.ts';
import type { TrainingData } from './data.ts';
import { LossRing } from './lossRing.ts';
import { inPrecision, SCALING_NUMBERS } from './mixedPrecision.ts';
import type { StepParts, StepResult } from './step.ts';
import { lossNames } from './terms.ts';
import { type Turn, turnsOf } from './turns.ts';

type TurnResult = ReturnType<Turn['run']>;

const key = (turn: number, kind: PairKind) => `${turn} ${kind}`;

/**
 * Runs the turns of training steps: traces each kind of turn at its first use and replays it from then on.
 *
 * With `replay` off every turn runs op by op, with the same bits: slower, but an error of an op then arises in the step that caused it.
 */
export class StepRunner {
  /** Turns of a step. Each needs pairs of its own to be loaded. */
  readonly turns: readonly Turn[];
  readonly #parts: StepParts;
  readonly #data: TrainingData;
  readonly #replay: boolean;
  readonly #ring: LossRing;
  /** The losses of each turn but the last, which files them all. */
  readonly #waiting: readonly Tensor[];
  readonly #steps = new Map<string, RecordedStep<TurnResult>>();
  readonly #probes = new Map<string, RecordedStep<Tensor>>();

  constructor(parts: StepParts, data: TrainingData, replay: boolean, ringRows: number) {
    this.turns = turnsOf(parts.recipe);
    this.#parts = parts;
    this.#data = data;
    this.#replay = replay;
    const { gpu } = parts.generator;
    this.#ring = new LossRing(ringRows, lossNames.length + (parts.mixed ? SCALING_NUMBERS : 0), gpu);
    this.#waiting = this.turns.slice(0, -1).map(({ losses }) => keep(zeros([losses.length], { gpu })));
  }

  /** Compiles the kernels of a turn side by side, if it has not run yet; needs loaded pairs. */
  async prepare(turn: number, kind: PairKind): Promise<void> {
    if (!this.#replay || this.#steps.has(key(turn, kind))) return;
    await this.#recordedTurn(turn, kind).ready();
  }

  /** Issues one turn on the loaded pairs; with `probe`, also reads how its results compare with both faces, if it has any. */
  run(turn: number, kind: PairKind, probe: boolean): Promise<CollapseSigns> | undefined {
    if (!this.#replay) {
      const signs = scope(() => {
        const result = this.#turn(turn, kind);
        return probe && hasSwaps(result) ? this.#signs(result) : undefined;
      });
      return signs && readSigns(keep(signs), true);
    }
    const result = this.#recordedTurn(turn, kind).run();
    if (!probe || !hasSwaps(result)) return undefined;
    return readSigns(this.#recorded(this.#probes, kind, () => this.#signs(result)).run(), false);
  }

  /** The losses of the latest `count` steps, oldest first; in mixed precision what the scalers report behind them. */
  losses(count: number): Promise<Float32Array[]> {
    return this.#ring.latest(count);
  }

  /** Repeats a turn on the loaded pairs op by op and names the first op whose result is infinite or not a number. Changes the weights. */
  nonFiniteOp(turn: number, kind: PairKind): Promise<string | undefined> {
    return firstNonFinite(() => (this.turns[turn] as Turn).run(this.#parts, this.#data.images(), kind));
  }

  /** The recorded turns of a step on pairs of a kind, in order, once it has run. */
  recorded(kind: PairKind): RecordedStep<unknown>[] {
    const turns = this.turns.map((_, turn) => this.#steps.get(key(turn, kind)));
    return turns.filter((step) => step !== undefined);
  }

  dispose(): void {
    for (const step of [...this.#steps.values(), ...this.#probes.values()]) step.dispose();
    for (const losses of this.#waiting) losses.dispose();
    this.#ring.dispose();
  }

  #turn(turn: number, kind: PairKind): TurnResult {
    const result = (this.turns[turn] as Turn).run(this.#parts, this.#data.images(), kind);
    const waiting = this.#waiting[turn];
    if (waiting) assign(waiting, result.losses);
    else {
      const scaling = this.#parts.mixed ? [this.#parts.mixed.report()] : [];
      this.#ring.push(noGrad(() => concat([...this.#waiting, result.losses, ...scaling], 0)));
    }
    return result;
  }

  #recordedTurn(turn: number, kind: PairKind): RecordedStep<TurnResult> {
    return this.#recorded(this.#steps, key(turn, kind), () => this.#turn(turn, kind));
  }

  #recorded<T>(cache: Map<string, RecordedStep<T>>, key: string, build: () => T): RecordedStep<T> {
    const known = cache.get(key);
    if (known) return known;
    const step = record(build);
    cache.set(key, step);
    return step;
  }

  /** [change, likeTarget, likeSource] of the latest results. */
  #signs({ result, target, source }: StepResult): Tensor {
    const { identity, recipe, mixed } = this.#parts;
    return noGrad(() => {
      // In the precision of the steps, which have the identity network's weights in the form for it.
      const [swapped, owner, donor] = inPrecision(mixed, () =>
        [result, target, source].map((x) => identity.embed(x, recipe.identityResize)),
      ) as [Tensor, Tensor, Tensor];
      const alike = (other: Tensor) => mean(cosineSimilarity(swapped, other));
      const values = [l1Loss(result, target), alike(owner), alike(donor)];
      return concat(
        values.map((x) => x.reshape([1])),
        0,
      );
    });
  }
}

const hasSwaps = (result: TurnResult): result is StepResult => result.result !== undefined;

async function readSigns(values: Tensor, dispose: boolean): Promise<CollapseSigns> {
  const reading = values.floats();
  if (dispose) values.dispose();
  const [change, likeTarget, likeSource] = (await reading) as unknown as [number, number, number];
  return { change, likeTarget, likeSource };
}
