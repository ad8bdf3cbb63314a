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
import { elementOf } from '../core/lists.ts';
import { inPrecision } from '../core/precision.ts';
import { kindAt, type PairKind } from '../core/recipe.ts';
import { Recordings } from '../core/recordings.ts';
import type { CollapseSigns } from './collapse.ts';
import type { TrainingData } from './data.ts';
import type { GradientExchange } from './exchange.ts';
import { ExchangedPhase } from './exchangedPhase.ts';
import { LossRing } from './lossRing.ts';
import { SCALING_NUMBERS } from './mixedPrecision.ts';
import {
  applied,
  applyGradients,
  type Phase,
  type PhaseResult,
  phasesOf,
  type StepParts,
  type StepResult,
} from './step.ts';
import { lossNames } from './terms.ts';

/**
 * Steps whose batches the data may read ahead: enough to bridge a slow file; 40 MB with batches of 16 at 224 pixels.
 */
const STEPS_AHEAD = 8;

const key = (phase: number, kind: PairKind) => `${phase} ${kind}`;

/**
 * Runs the phases of training steps: records each phase at its first use on a kind of pairs, and replays it from then
 * on.
 *
 * With `replay` off every phase runs op by op, with the same bits: slower, but an error of an op then arises in the
 * step that caused it.
 */
export class StepRunner {
  /** Phases of a step. Each needs pairs of its own to be loaded. */
  readonly phases: readonly Phase[];
  readonly #parts: StepParts;
  readonly #data: TrainingData;
  readonly #replay: boolean;
  readonly #ring: LossRing;
  /** The losses of each phase but the last. The last phase writes the losses of all of them into the ring. */
  readonly #waiting: readonly Tensor[];
  readonly #steps = new Recordings<string, RecordedStep<PhaseResult>>();
  /** In place of {@link StepRunner.#steps} if there are other devices. */
  readonly #exchanged = new Recordings<string, ExchangedPhase>();
  readonly #exchange: GradientExchange | undefined;
  readonly #probes = new Recordings<PairKind, RecordedStep<Tensor>>();

  constructor(parts: StepParts, data: TrainingData, replay: boolean, ringRows: number, exchange?: GradientExchange) {
    this.phases = phasesOf(parts.recipe);
    this.#parts = parts;
    this.#data = data;
    this.#replay = replay;
    this.#exchange = exchange;
    const { gpu } = parts.generator;
    this.#ring = new LossRing(ringRows, lossNames.length + (parts.mixed ? SCALING_NUMBERS : 0), gpu);
    this.#waiting = this.phases.slice(0, -1).map(({ losses }) => keep(zeros([losses.length], { gpu })));
  }

  /** Reads the batches of a step, and tells the data which ones the next steps will need. */
  async read(step: number): Promise<void> {
    const data = this.#data;
    for (let ahead = step; ahead < step + STEPS_AHEAD; ahead++)
      this.#eachBatch(ahead, (kind, batch) => data.expect?.(kind, batch));
    await Promise.all(this.#eachBatch(step, (kind, batch) => data.read?.(kind, batch)));
  }

  /** Loads the batch of a phase of a step. */
  async load(step: number, phase: number): Promise<void> {
    await this.#data.load(this.#kindOf(step), step * this.phases.length + phase);
  }

  #kindOf(step: number): PairKind {
    return kindAt(this.#parts.recipe.pairs, step);
  }

  /** Calls `visit` with the kind and the number of each batch of a step. */
  #eachBatch<T>(step: number, visit: (kind: PairKind, batch: number) => T): T[] {
    return this.phases.map((_, phase) => visit(this.#kindOf(step), step * this.phases.length + phase));
  }

  /** Compiles the kernels of a phase side by side, if it has not run yet; needs loaded pairs. */
  async prepare(phase: number, kind: PairKind): Promise<void> {
    const name = key(phase, kind);
    if (!this.#replay || this.#steps.find(name) || this.#exchanged.find(name)) return;
    await (this.#exchange
      ? this.#exchangedPhase(phase, kind, this.#exchange)
      : this.#recordedPhase(phase, kind)
    ).ready();
  }

  /**
   * Issues one phase on the loaded pairs; with `probe` it also begins to read how the phase's swaps compare with both
   * faces, if it swaps. If there are other devices, the first half of the phase has been computed then.
   */
  async run(phase: number, kind: PairKind, probe: boolean): Promise<{ readonly signs?: Promise<CollapseSigns> }> {
    if (!this.#replay) {
      const signs = scope(() => {
        const result = this.#phase(phase, kind);
        return probe && hasSwaps(result) ? this.#signs(result) : undefined;
      });
      return signs ? { signs: readSigns(keep(signs), true) } : {};
    }
    const result = this.#exchange
      ? await this.#exchangedPhase(phase, kind, this.#exchange).run()
      : this.#recordedPhase(phase, kind).run();
    if (!probe || !hasSwaps(result)) return {};
    const signs = this.#probes.get(kind, () => record(() => this.#signs(result)));
    return { signs: readSigns(signs.run(), false) };
  }

  /** The losses of the latest `count` steps, oldest first; in mixed precision what the scalers report behind them. */
  losses(count: number): Promise<Float32Array[]> {
    return this.#ring.latest(count);
  }

  /**
   * Repeats a phase on the loaded pairs op by op and names the first op whose result is infinite or not a number.
   * Changes the weights.
   */
  nonFiniteOp(phase: number, kind: PairKind): Promise<string | undefined> {
    return firstNonFinite(() => applied(this.#parts, this.#compute(phase, kind)));
  }

  /** The recorded phases of a step on pairs of a kind, in order, once it has run. */
  recorded(kind: PairKind): RecordedStep<unknown>[] {
    return this.phases.flatMap((_, phase) => {
      const name = key(phase, kind);
      return this.#exchanged.find(name)?.steps ?? [this.#steps.find(name)].filter((step) => step !== undefined);
    });
  }

  dispose(): void {
    this.#steps.dispose();
    this.#exchanged.dispose();
    this.#probes.dispose();
    for (const losses of this.#waiting) losses.dispose();
    this.#ring.dispose();
  }

  #compute(phase: number, kind: PairKind): ReturnType<Phase['compute']> {
    return elementOf(this.phases, phase, 'StepRunner: phases').compute(this.#parts, this.#data.images(kind), kind);
  }

  /** Runs a phase and stores its losses. */
  #phase(phase: number, kind: PairKind): PhaseResult {
    const result = applied(this.#parts, this.#compute(phase, kind));
    this.#file(phase, result.losses);
    return result;
  }

  /** Stores the losses of a phase, behind its updates. */
  #file(phase: number, losses: Tensor): void {
    const waiting = this.#waiting[phase];
    if (waiting) return void assign(waiting, losses);
    const scaling = this.#parts.mixed ? [this.#parts.mixed.report()] : [];
    this.#ring.push(noGrad(() => concat([...this.#waiting, losses, ...scaling], 0)));
  }

  #exchangedPhase(phase: number, kind: PairKind, exchange: GradientExchange): ExchangedPhase {
    const { mixed, generator, discriminator } = this.#parts;
    return this.#exchanged.get(
      key(phase, kind),
      () =>
        new ExchangedPhase(exchange, {
          half: mixed !== undefined,
          buffers: [generator, discriminator].flatMap((network) => [...network.namedBuffers().values()]),
          compute: () => this.#compute(phase, kind),
          apply: (losses, gradients) => {
            applyGradients(this.#parts, gradients);
            this.#file(phase, losses);
          },
        }),
    );
  }

  #recordedPhase(phase: number, kind: PairKind): RecordedStep<PhaseResult> {
    return this.#steps.get(key(phase, kind), () => record(() => this.#phase(phase, kind)));
  }

  /** [change, likeTarget, likeSource] of the latest results, see {@link CollapseSigns}. */
  #signs({ result, target, source }: StepResult): Tensor {
    const { identity, recipe, mixed } = this.#parts;
    return noGrad(() => {
      // In the precision of the steps, so that the identity network's weights need no other copy.
      const [swapped, owner, donor] = inPrecision(mixed?.precision, () =>
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

const hasSwaps = (result: PhaseResult): result is StepResult => result.result !== undefined;

async function readSigns(values: Tensor, dispose: boolean): Promise<CollapseSigns> {
  const reading = values.floats();
  if (dispose) values.dispose();
  const [change, likeTarget, likeSource] = (await reading) as unknown as [number, number, number];
  return { change, likeTarget, likeSource };
}
