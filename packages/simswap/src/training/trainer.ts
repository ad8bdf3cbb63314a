import { onGpu, type RecordedStep } from '@visage/gpu';
import { type CheckpointContent, type CheckpointGroups, restoreCheckpoint, type SafetensorsFile } from '@visage/nn';
import type { Precision } from '../core/precision.ts';
import { kindAt, type PairKind, type Recipe } from '../core/recipe.ts';
import { paper } from '../core/recipes.ts';
import { alone, checkRowsOf } from '../core/shard.ts';
import { readCheckpointHeader } from '../files/checkpoint.ts';
import type { DiscriminatorNetwork } from '../networks/discriminator.ts';
import type { FoldedIdentity } from '../networks/foldedIdentity.ts';
import { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import { type CollapseSigns, isProbed } from './collapse.ts';
import type { TrainingData } from './data.ts';
import type { GradientExchange } from './exchange.ts';
import { LocalSteps } from './localSteps.ts';
import {
  checkForm,
  checkRunOptions,
  checkTrainerOptions,
  checkTruth,
  type RunOptions,
  type TrainerOptions,
  type TrainingTask,
} from './options.ts';
import { StepsInFlight } from './pacing.ts';
import { StepReports } from './reports.ts';
import { StepRunner } from './runner.ts';
import { contentOf } from './saving.ts';
import { StepGate } from './stepGate.ts';
import { runSteps } from './stepLoop.ts';
import { TrainingState } from './trainingState.ts';

/**
 * Trains a SimSwap generator against its discriminator.
 *
 * Every step draws its pairs and random numbers by the number of the step, so a trainer that is given a checkpoint of
 * another one continues with the same bits.
 */
export class Trainer {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly precision: Precision;
  /** Steps between two exchanges; above 1 the devices take steps by themselves in between. */
  readonly syncEvery: number;
  readonly generator: Generator;
  readonly discriminator: DiscriminatorNetwork;
  readonly identity: IdentityNetwork;
  /** The moving average of the generator: what swaps. */
  readonly average: Generator;
  /**
   * {@link Trainer.identity} with its batch norms folded, which the steps run: the same function in fewer kernels. It
   * lives as long as the trainer.
   */
  readonly foldedIdentity: FoldedIdentity;
  readonly #data: TrainingData;
  readonly #state: TrainingState;
  readonly #runner: StepRunner;
  readonly #readEvery: number;
  readonly #reports: StepReports;
  readonly #exchange: GradientExchange | undefined;
  readonly #local: LocalSteps | undefined;
  readonly #inFlight: StepsInFlight;
  readonly #gate = new StepGate('Trainer');
  #step = 0;
  #stopping = false;

  constructor(options: TrainerOptions) {
    checkTrainerOptions(options);
    const { generator, discriminator, identity, data, recipe = paper, readEvery = 10, exchange } = options;
    checkForm(recipe, generator, discriminator);
    checkTruth(recipe, data);
    checkRowsOf(data, exchange ?? alone);
    this.recipe = recipe;
    this.seed = options.seed ?? 0;
    this.precision = options.precision ?? 'f32';
    this.syncEvery = options.syncEvery ?? 1;
    this.generator = generator.train();
    this.discriminator = discriminator.train();
    this.identity = identity;
    this.foldedIdentity = identity.freeze().eval().folded();
    this.#data = data;
    this.average = onGpu(generator.gpu, () => new Generator(generator.config));
    this.#inFlight = new StepsInFlight(generator.gpu);
    const { seed, precision, average, foldedIdentity } = this;
    const networks = { generator, discriminator, identity: foldedIdentity, average };
    const { batchSize, shard } = data;
    this.#state = new TrainingState({ recipe, seed, precision, batchSize, shard, ...networks });
    this.#readEvery = readEvery;
    this.#exchange = exchange;
    if (exchange && this.syncEvery > 1) this.#local = new LocalSteps(exchange, this.#state);
    const eachStep = this.#local ? undefined : exchange;
    this.#runner = new StepRunner(this.#state, data, options.replay ?? true, readEvery, eachStep);
    const kindOf = (step: number) => this.kindOf(step);
    this.#reports = new StepReports(this.#runner, this.#gate, kindOf, options.collapse, this.#local);
  }

  /**
   * Bytes of a safetensors file with all that a later run needs to continue bit for bit: networks, moving average, both
   * optimizers, seed, recipe, step; and `notes`, any JSON that the caller wants back.
   *
   * It may be called during a run. The checkpoint is then of the step in progress: everything is copied on the device
   * when that step has been issued.
   *
   * @throws VisageError when there is no state to save: a loss was not finite, a weight is not finite, or a step failed
   * in its middle.
   */
  async checkpoint(notes: unknown = null): Promise<Uint8Array> {
    return (await this.snapshot(notes)).collect();
  }

  /**
   * As {@link Trainer.checkpoint}, but nothing is read yet: the content is poured into a file while the training goes
   * on, from copies on the device as large as the file. Dispose it.
   * @param copied `false` makes no copies: no step may begin until the content has been poured.
   * @throws OutOfMemoryError when the device has no memory for the copies.
   */
  async snapshot(notes: unknown = null, copied = true): Promise<CheckpointContent> {
    return this.#gate.between(async () => {
      this.#gate.refuseSpoiled('checkpoint');
      return contentOf(this, this.#data, this.#groups(), { notes, copied });
    });
  }

  /**
   * Restores the tensors and the step of a checkpoint. Recipe, seed and data stay those that this trainer was built
   * with. To continue with the same bits as an uninterrupted run, build the trainer from {@link readCheckpointHeader}.
   *
   * @throws FileError when the file belongs to other networks, VisageError during a run; nothing is changed then.
   */
  restore(file: SafetensorsFile): void {
    this.#gate.refuseWhileRunning('restore');
    const { step } = readCheckpointHeader(file);
    restoreCheckpoint(this.#groups(), file);
    this.foldedIdentity.refold();
    this.#step = step;
    this.#reports.restored(file);
    this.#gate.restored();
  }

  #groups(): CheckpointGroups {
    return {
      generator: this.generator,
      discriminator: this.discriminator,
      average: this.average,
      identity: this.identity,
      ...this.#state.state(),
    };
  }

  /** How many devices train together, each on the batch of its data. */
  get ranks(): number {
    return this.#exchange?.ranks ?? 1;
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  /** Kind of the pairs of a step, counted from 0. */
  kindOf(step: number): PairKind {
    return kindAt(this.recipe.pairs, step);
  }

  /**
   * The recorded phases of a step on pairs of a kind, once one has run, for profiles and benchmarks. Empty without
   * replay.
   */
  recorded(kind: PairKind): readonly RecordedStep<unknown>[] {
    return this.#runner.recorded(kind);
  }

  /**
   * Kernels that a step launches, the mean over the kinds of pairs; `undefined` until a step of each kind has been
   * recorded.
   */
  get kernelsPerStep(): number | undefined {
    const steps = this.recipe.pairs.map((kind) => this.recorded(kind));
    if (steps.some(({ length }) => length < this.#runner.phases.length)) return undefined;
    return steps.flat().reduce((sum, { dispatches }) => sum + dispatches, 0) / steps.length;
  }

  /** Asks a run to end after the step in progress. */
  stop(): void {
    this.#stopping = true;
  }

  /**
   * Trains until `until` steps are done or {@link Trainer.stop} is called; all losses are read and reported before it
   * returns, or throws.
   *
   * @throws NonFiniteLossError when a loss is infinite or not a number, naming step, loss and op; in mixed precision
   * not for a few steps whose updates were skipped ({@link LossGuard}). VisageError when a run of this trainer is in
   * progress.
   */
  async run(options: RunOptions): Promise<void> {
    checkRunOptions(options);
    const work = () => this.#run(options);
    return this.#gate.run(() => (this.#exchange ? this.#exchange.steps(work) : work()));
  }

  async #run({ until, tasks = [], ...listeners }: RunOptions): Promise<void> {
    this.#stopping = false;
    const local = this.#local;
    await runSteps<TrainingTask, Promise<CollapseSigns>[]>({
      ...{ until, tasks, readEvery: this.#readEvery, inOrder: local !== undefined },
      counts: () => ({ step: this.step, unread: this.#reports.unread }),
      isOver: () => this.#isOver(),
      advance: () => this.#gate.step(() => this.#advance()),
      report: (clock, signs) => this.#reports.report(this.step, clock, listeners, signs),
      run: (task) => this.#aside(() => task.run(this)),
      ...(local && { settle: async (now) => (now || this.step % this.syncEvery === 0 ? local.average() : undefined) }),
    });
  }

  async #aside(work: () => void | Promise<void>): Promise<void> {
    await (this.#exchange ? this.#exchange.aside(work) : work());
  }

  /** Whether this device, or another one that trains with it, was asked to stop. */
  async #isOver(): Promise<boolean> {
    return this.#exchange ? this.#exchange.any(this.#stopping) : this.#stopping;
  }

  /**
   * Gives all memory of the trainer back; generator, discriminator, identity network and moving average belong to the
   * caller.
   *
   * @throws VisageError during a run.
   */
  dispose(): void {
    this.#gate.refuseWhileRunning('dispose');
    this.#local?.dispose();
    this.#runner.dispose();
    this.foldedIdentity.dispose();
    this.#state.dispose();
  }

  /**
   * Waits until at most one step is in flight, then issues the next. Returns how its swaps compare with both faces, if
   * they are looked at.
   */
  async #advance(): Promise<Promise<CollapseSigns>[] | undefined> {
    await this.#inFlight.room();
    const kind = this.kindOf(this.step);
    await this.#aside(() => this.#runner.read(this.step));
    this.#state.prepare(this.step);
    const probe = kind !== 'same' && isProbed(this.step, this.recipe.pairs.length);
    const signs: Promise<CollapseSigns>[] = [];
    let begun = false;
    try {
      for (const phase of this.#runner.phases.keys()) {
        await this.#runner.load(this.step, phase);
        await this.#aside(() => this.#runner.prepare(phase, kind));
        begun = true;
        const { signs: read } = await this.#runner.run(phase, kind, probe);
        read?.catch(() => {}); // thrown where it is awaited, unless an earlier reading fails first
        if (read) signs.push(read);
      }
    } catch (cause) {
      if (begun) this.#gate.spoil(`step ${this.step + 1} failed when a part of it was done`);
      throw cause;
    }
    this.#inFlight.issued();
    this.#step += 1;
    this.#reports.issued();
    return signs.length > 0 ? signs : undefined;
  }
}
