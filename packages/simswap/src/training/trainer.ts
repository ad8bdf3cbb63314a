import { onGpu, type RecordedStep } from '@visage/gpu';
import { type CheckpointContent, type CheckpointGroups, restoreCheckpoint, type SafetensorsFile } from '@visage/nn';
import type { Precision } from '../core/precision.ts';
import { kindAt, type PairKind, type Recipe } from '../core/recipe.ts';
import { paper } from '../core/recipes.ts';
import { readCheckpointHeader } from '../files/checkpoint.ts';
import type { DiscriminatorNetwork } from '../networks/discriminator.ts';
import type { FoldedIdentity } from '../networks/foldedIdentity.ts';
import { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import { CollapseAlarm, type CollapseSigns, isProbed } from './collapse.ts';
import type { TrainingData } from './data.ts';
import { NonFiniteLossError } from './errors.ts';
import { type BadLoss, LossGuard } from './lossGuard.ts';
import { scalingIn, skippedIn } from './mixedPrecision.ts';
import {
  checkForm,
  checkRunOptions,
  checkTrainerOptions,
  checkTruth,
  type RunOptions,
  type TrainerOptions,
} from './options.ts';
import { StepClock, StepsInFlight } from './pacing.ts';
import { StepRunner } from './runner.ts';
import { contentOf } from './saving.ts';
import { StepGate } from './stepGate.ts';
import { type LossName, lossNames } from './terms.ts';
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
  readonly #alarm: CollapseAlarm;
  readonly #inFlight: StepsInFlight;
  readonly #gate = new StepGate('Trainer');
  #guard = new LossGuard();
  #step = 0;
  #unread = 0;
  #stopping = false;

  constructor(options: TrainerOptions) {
    checkTrainerOptions(options);
    const { generator, discriminator, identity, data, recipe = paper, readEvery = 10 } = options;
    checkForm(recipe, generator, discriminator);
    checkTruth(recipe, data);
    this.recipe = recipe;
    this.seed = options.seed ?? 0;
    this.precision = options.precision ?? 'f32';
    this.generator = generator.train();
    this.discriminator = discriminator.train();
    this.identity = identity;
    this.foldedIdentity = identity.freeze().eval().folded();
    this.#data = data;
    this.average = onGpu(generator.gpu, () => new Generator(generator.config));
    this.#inFlight = new StepsInFlight(generator.gpu);
    const { seed, precision, average, foldedIdentity } = this;
    const networks = { generator, discriminator, identity: foldedIdentity, average };
    this.#state = new TrainingState({ recipe, seed, precision, batchSize: data.batchSize, ...networks });
    this.#readEvery = readEvery;
    this.#alarm = new CollapseAlarm(options.collapse);
    this.#runner = new StepRunner(this.#state, data, options.replay ?? true, readEvery);
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
    this.#unread = 0;
    this.#guard = new LossGuard(skippedIn(file));
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
    return this.#gate.run(() => this.#run(options));
  }

  async #run({ until, tasks = [], onStep, onAlarm }: RunOptions): Promise<void> {
    this.#stopping = false;
    const clock = new StepClock();
    let reading: Promise<void> = Promise.resolve();
    try {
      while (this.step < until && !this.#stopping) {
        const signs = await this.#gate.step(() => this.#advance());
        const due = tasks.filter(({ every }) => this.step % every === 0);
        if (this.#unread < this.#readEvery && !signs && due.length === 0) continue;
        // One reading stays in flight while the next steps are issued, so that the device never waits for the host.
        await reading;
        reading = this.#report(clock, onStep, signs, onAlarm);
        reading.catch(() => {}); // thrown where it is awaited
        if (due.length === 0) continue;
        await reading;
        for (const task of due) await task.run(this);
        clock.skip();
      }
    } catch (cause) {
      // The steps before the error were done all the same. What goes wrong with their losses too comes second.
      await reading.then(() => this.#report(clock, onStep)).catch(() => {});
      throw cause;
    }
    await reading;
    await this.#report(clock, onStep);
  }

  /**
   * Gives all memory of the trainer back; generator, discriminator, identity network and moving average belong to the
   * caller.
   *
   * @throws VisageError during a run.
   */
  dispose(): void {
    this.#gate.refuseWhileRunning('dispose');
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
    await this.#runner.read(this.step);
    this.#state.prepare(this.step);
    const probe = kind !== 'same' && isProbed(this.step, this.recipe.pairs.length);
    const signs: Promise<CollapseSigns>[] = [];
    let begun = false;
    try {
      for (const phase of this.#runner.phases.keys()) {
        await this.#runner.load(this.step, phase);
        await this.#runner.prepare(phase, kind);
        begun = true;
        const read = this.#runner.run(phase, kind, probe);
        read?.catch(() => {}); // thrown where it is awaited, unless an earlier reading fails first
        if (read) signs.push(read);
      }
    } catch (cause) {
      if (begun) this.#gate.spoil(`step ${this.step + 1} failed when a part of it was done`);
      throw cause;
    }
    this.#inFlight.issued();
    this.#step += 1;
    this.#unread += 1;
    return signs.length > 0 ? signs : undefined;
  }

  /** Reads and reports the losses of all steps since the last reading. */
  async #report(
    clock: StepClock,
    onStep: RunOptions['onStep'],
    signs: readonly Promise<CollapseSigns>[] = [],
    onAlarm?: RunOptions['onAlarm'],
  ): Promise<void> {
    const [count, last] = [this.#unread, this.step];
    if (count === 0) return;
    this.#unread = 0;
    const [rows, ...observed] = await Promise.all([this.#runner.losses(count), ...signs]);
    const stepsPerSecond = clock.tick(count);
    for (const [k, row] of rows.entries()) {
      const step = last - count + k + 1;
      const scaling = scalingIn(row.subarray(lossNames.length));
      const bad = this.#guard.fatal(step, row, scaling);
      if (bad) throw await this.#nonFinite(bad);
      const losses = Object.fromEntries(lossNames.map((name, column) => [name, row[column]])) as Record<
        LossName,
        number
      >;
      onStep?.({ step, kind: this.kindOf(step - 1), losses, stepsPerSecond, ...(scaling && { scaling }) });
    }
    for (const each of observed) {
      const alarm = this.#alarm.observe(last, each);
      if (alarm) onAlarm?.(alarm);
    }
  }

  /**
   * The error of a loss that is not finite. It names the first op that fails when the step is repeated, if there is
   * memory to repeat it.
   */
  async #nonFinite({ step, loss, value }: BadLoss): Promise<NonFiniteLossError> {
    this.#gate.spoil(`the ${loss} loss became ${value} at step ${step}`);
    const kind = this.kindOf(step - 1);
    for (const phase of this.#runner.phases.keys()) {
      await this.#runner.load(step - 1, phase);
      const op = await this.#runner.nonFiniteOp(phase, kind).catch(() => undefined);
      if (op) return new NonFiniteLossError(step, loss, value, op);
    }
    return new NonFiniteLossError(step, loss, value);
  }
}
