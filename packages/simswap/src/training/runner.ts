import type { RecordedStep } from '@visage/gpu';
import {
  concat,
  cosineSimilarity,
  firstNonFinite,
  keep,
  l1Loss,
  mean,
  noGrad,
  record,
  scope,
  type Tensor,
} from '@visage/tensor';
import type { PairKind } from '../recipe.ts';
import type { CollapseSigns } from './collapse.ts';
import type { TrainingData } from './data.ts';
import { LossRing } from './lossRing.ts';
import { lossNames, type StepParts, type StepResult, trainingStep } from './step.ts';

/**
 * Runs training steps: traces each kind of step at its first use and replays it from then on.
 *
 * With `replay` off every step runs op by op, with the same bits: slower, but an error of an op then arises in the step that caused it.
 */
export class StepRunner {
  readonly #parts: StepParts;
  readonly #data: TrainingData;
  readonly #replay: boolean;
  readonly #ring: LossRing;
  readonly #steps = new Map<PairKind, RecordedStep<StepResult>>();
  readonly #probes = new Map<PairKind, RecordedStep<Tensor>>();

  constructor(parts: StepParts, data: TrainingData, replay: boolean, ringRows: number) {
    this.#parts = parts;
    this.#data = data;
    this.#replay = replay;
    this.#ring = new LossRing(ringRows, lossNames.length);
  }

  /** Issues one step on the loaded pairs; with `probe`, also reads how its results compare with both faces. */
  run(kind: PairKind, probe: boolean): Promise<CollapseSigns> | undefined {
    if (!this.#replay) {
      const signs = scope(() => {
        const result = this.#step(kind);
        return probe ? this.#signs(result) : undefined;
      });
      return signs && readSigns(keep(signs), true);
    }
    const step = this.#recorded(this.#steps, kind, () => this.#step(kind));
    const result = step.run();
    if (!probe) return undefined;
    return readSigns(this.#recorded(this.#probes, kind, () => this.#signs(result)).run(), false);
  }

  /** The losses of the latest `count` steps, oldest first. */
  losses(count: number): Promise<Float32Array[]> {
    return this.#ring.latest(count);
  }

  /** Repeats a step on the loaded pairs op by op and names the first op whose result is infinite or not a number. Changes the weights. */
  nonFiniteOp(kind: PairKind): Promise<string | undefined> {
    return firstNonFinite(() => trainingStep(this.#parts, this.#data.images(), kind));
  }

  /** Kernels per step of a kind, once it has run. */
  dispatches(kind: PairKind): number {
    return this.#steps.get(kind)?.dispatches ?? 0;
  }

  dispose(): void {
    for (const step of [...this.#steps.values(), ...this.#probes.values()]) step.dispose();
    this.#ring.dispose();
  }

  #step(kind: PairKind): StepResult {
    const result = trainingStep(this.#parts, this.#data.images(), kind);
    this.#ring.push(result.losses);
    return result;
  }

  #recorded<T>(cache: Map<PairKind, RecordedStep<T>>, kind: PairKind, build: () => T): RecordedStep<T> {
    const known = cache.get(kind);
    if (known) return known;
    const step = record(build);
    cache.set(kind, step);
    return step;
  }

  /** [change, likeTarget, likeSource] of the latest results. */
  #signs({ result, target, source }: StepResult): Tensor {
    const { identity, recipe } = this.#parts;
    return noGrad(() => {
      const [swapped, owner, donor] = [result, target, source].map((x) => identity.embed(x, recipe.identityResize)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const alike = (other: Tensor) => mean(cosineSimilarity(swapped, other));
      const values = [l1Loss(result, target), alike(owner), alike(donor)];
      return concat(
        values.map((x) => x.reshape([1])),
        0,
      );
    });
  }
}

async function readSigns(values: Tensor, dispose: boolean): Promise<CollapseSigns> {
  const reading = values.floats();
  if (dispose) values.dispose();
  const [change, likeTarget, likeSource] = (await reading) as unknown as [number, number, number];
  return { change, likeTarget, likeSource };
}
