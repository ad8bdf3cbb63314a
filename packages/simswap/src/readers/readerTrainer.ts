import type { Gpu } from '@visage/gpu';
import {
  type CheckpointContent,
  type CheckpointGroups,
  ExponentialMovingAverage,
  GradScaler,
  type Layer,
  liveCheckpoint,
  type Optimizer,
  restoreCheckpoint,
  type SafetensorsFile,
  snapshotCheckpoint,
} from '@visage/nn';
import { concat, noGrad, record, type Tensor } from '@visage/tensor';
import { firstNonFinite } from '@visage/tensor/kernels';
import { elementOf } from '../core/lists.ts';
import type { Precision } from '../core/precision.ts';
import { NonFiniteLossError } from '../training/errors.ts';
import { LossRing } from '../training/lossRing.ts';
import { gradientsOf, update } from '../training/mixedPrecision.ts';
import { type StepClock, StepsInFlight } from '../training/pacing.ts';
import { StepGate } from '../training/stepGate.ts';
import { runSteps } from '../training/stepLoop.ts';
import { faceChangeRows } from './faceChangeRows.ts';
import { type FaceChanges, noChanges } from './faceChanges.ts';
import { LossWatch } from './lossWatch.ts';
import { optimizerOf } from './readerOptimizer.ts';
import {
  checkReaderOptions,
  checkReaderRun,
  type ReaderRunOptions,
  type ReaderTrainerOptions,
} from './readerOptions.ts';
import { type ReaderState, readerArchitecture, readReaderState } from './readerState.ts';
import { type ReaderStage, scheduleOf, stageAt, stepsOf } from './stage.ts';
import { StageParts } from './stageParts.ts';
import type { ReaderTask } from './task.ts';

/** Added to the seed for the random changes of the faces. */
const CHANGE_STREAM = 6 * 2 ** 32;
const STEPS_AHEAD = 8; // that the data may read ahead

/**
 * Trains a reader, a network that reads something off a face, through its stages.
 *
 * Every step draws its faces and random numbers by the number of the step, so a trainer that is given a checkpoint of
 * another one continues with the same bits. Each stage records its step once and replays it.
 */
export class ReaderTrainer<S extends ReaderStage = ReaderStage> {
  readonly task: ReaderTask<S>;
  readonly stages: readonly S[];
  /** The network that reads: the moving average if there is one, else the trained network. */
  readonly reader: Layer;
  readonly #options: ReaderTrainerOptions<S>;
  readonly #changes: FaceChanges;
  readonly #precision: Precision;
  readonly #optimizer: Optimizer;
  readonly #average: ExponentialMovingAverage<Layer> | undefined;
  readonly #scaler: GradScaler | undefined;
  readonly #ring: LossRing;
  readonly #readEvery: number;
  readonly #inFlight: StepsInFlight;
  readonly #gate = new StepGate('ReaderTrainer');
  readonly #gpu: Gpu;
  #parts: StageParts | undefined;
  #step = 0;
  #unread = 0;
  #watch = new LossWatch();
  #stopping = false;

  /** @throws ArgumentError for an option that there is not, or a value that is out of range. */
  constructor(options: ReaderTrainerOptions<S>) {
    checkReaderOptions(options);
    const { task, stages, changes = noChanges, optimizer = 'sgd', averageDecay = 0, precision = 'f32' } = options;
    this.task = task;
    this.stages = stages;
    this.#options = options;
    this.#changes = changes;
    this.#precision = precision;
    this.#readEvery = options.readEvery ?? 10;
    this.#gpu = task.network.gpu;
    for (const module of Object.values(task.modules)) module.train();
    this.#optimizer = optimizerOf(task, optimizer, scheduleOf(elementOf(stages, 0, 'stages'))(0));
    if (averageDecay > 0) this.#average = new ExponentialMovingAverage<Layer>(task.network, task.twin(), averageDecay);
    this.reader = this.#average?.average ?? task.network;
    if (precision === 'mixed') this.#scaler = new GradScaler({}, this.#gpu);
    this.#ring = new LossRing(this.#readEvery, this.#scaler ? 3 : 1, this.#gpu);
    this.#inFlight = new StepsInFlight(this.#gpu);
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  /** Steps of all stages. */
  get steps(): number {
    return stepsOf(this.stages);
  }

  /** Kernels that a step of the stage in progress launches; `undefined` until one was recorded. */
  get kernelsPerStep(): number | undefined {
    return this.#parts?.step?.dispatches;
  }

  /** Asks a run to end after the step in progress. */
  stop(): void {
    this.#stopping = true;
  }

  /**
   * Bytes of a safetensors file with all that a later run needs to continue bit for bit.
   *
   * @param state what is not in the tensors: the network, the settings, and any JSON that the caller wants back.
   * @throws VisageError when there is no state to save: a loss or a weight is not finite, or a step failed.
   */
  async checkpoint(state: Omit<ReaderState, 'step'>): Promise<Uint8Array> {
    return (await this.snapshot(state)).collect();
  }

  /**
   * As {@link ReaderTrainer.checkpoint}, but nothing is read yet: the content is poured into a file while the training
   * goes on, from copies on the device as large as the file. Dispose it.
   *
   * @param copied `false` makes no copies: no step may begin until the content has been poured.
   * @throws OutOfMemoryError when the device has no memory for the copies.
   */
  async snapshot({ config, notes }: Omit<ReaderState, 'step'>, copied = true): Promise<CheckpointContent> {
    return this.#gate.between(async () => {
      this.#gate.refuseSpoiled('checkpoint');
      const state = { step: this.step, notes };
      const options = { architecture: readerArchitecture, config, state };
      return (copied ? snapshotCheckpoint : liveCheckpoint)(this.#groups(), options);
    });
  }

  /**
   * Restores the tensors and the step of a checkpoint. Stages, data and settings stay those of this trainer.
   *
   * @throws FileError when the file belongs to another training, VisageError during a run; nothing is changed then.
   */
  restore(file: SafetensorsFile): void {
    this.#gate.refuseWhileRunning('restore');
    const { step } = readReaderState(file);
    restoreCheckpoint(this.#groups(), file);
    this.#step = step;
    this.#unread = 0;
    this.#watch = new LossWatch(file.tensors.get('scaler/counts')?.host()[1]);
    this.#leaveStage();
    this.#gate.restored();
  }

  #groups(): CheckpointGroups {
    return {
      ...this.task.modules,
      ...(this.#average && { average: this.#average.average }),
      optimizer: this.#optimizer.stateDict(),
      ...(this.#scaler && { scaler: this.#scaler.stateDict() }),
      ...this.task.state(),
    };
  }

  /**
   * Trains until `until` steps are done or {@link ReaderTrainer.stop} is called; all losses are read and reported
   * before it returns, or throws.
   *
   * @throws NonFiniteLossError when the loss is infinite or not a number; in mixed precision when ten updates in a row
   * were skipped for that.
   */
  async run(options: ReaderRunOptions): Promise<void> {
    checkReaderRun(options, this.steps);
    return this.#gate.run(() => this.#run(options));
  }

  async #run({ until, tasks = [], onStep }: ReaderRunOptions): Promise<void> {
    this.#stopping = false;
    await runSteps({
      ...{ until, tasks, readEvery: this.#readEvery },
      counts: () => ({ step: this.step, unread: this.#unread }),
      isOver: () => this.#stopping,
      advance: () => this.#gate.step(() => this.#advance()),
      report: (clock) => this.#report(clock, onStep),
      run: async (task) => task.run(),
    });
  }

  /** Gives all memory of the trainer back, also that of the task; the networks belong to the caller. */
  dispose(): void {
    this.#gate.refuseWhileRunning('dispose');
    this.#leaveStage();
    this.#optimizer.dispose();
    this.#average?.dispose();
    this.#scaler?.dispose();
    this.#ring.dispose();
    this.task.dispose();
  }

  /** Waits until at most one step is in flight, then issues the next. */
  async #advance(): Promise<void> {
    await this.#inFlight.room();
    const { stage: number, step: place } = stageAt(this.stages, this.step);
    const stage = elementOf(this.stages, number, 'stages');
    const parts = this.#enterStage(number);
    const { data, rows, rate } = parts;
    for (let ahead = this.step; ahead < this.step - place + Math.min(stage.steps, place + STEPS_AHEAD); ahead++)
      data.expect?.(ahead);
    await data.load(this.step);
    const { seed = 0 } = this.#options;
    rows.write(faceChangeRows(this.#changes, stage.batchSize, data.imageSize, this.step, seed + CHANGE_STREAM));
    this.#optimizer.learningRate = rate(place);
    this.task.prepare(stage, place);
    if (this.#average)
      this.#average.decay = Math.min(this.#options.averageDecay ?? 0, (1 + this.step) / (10 + this.step));
    if (!parts.step) {
      parts.step = record(() => this.#losses(stage, parts));
      await parts.step.ready();
    }
    parts.step.run();
    this.#inFlight.issued();
    this.#step += 1;
    this.#unread += 1;
  }

  #enterStage(number: number): StageParts {
    if (this.#parts?.number === number) return this.#parts;
    this.#leaveStage();
    const stage = elementOf(this.stages, number, 'stages');
    this.#parts = new StageParts(number, stage, this.#options.data(stage, number), this.#gpu);
    return this.#parts;
  }

  #leaveStage(): void {
    this.#parts?.dispose();
    this.#parts = undefined;
  }

  /** The step itself; recorded once per stage. */
  #losses(stage: S, { data, rows }: StageParts): Tensor {
    const loss = this.#loss(stage, { data, rows });
    const scaler = this.#scaler;
    update(this.#optimizer, gradientsOf(loss, this.#optimizer, scaler), scaler);
    this.#average?.update(scaler);
    scaler?.update();
    this.#ring.push(noGrad(() => concat([loss.detach().reshape([1]), ...(scaler ? [scaler.report()] : [])], 0)));
    return loss;
  }

  #loss(stage: S, { data, rows }: Pick<StageParts, 'data' | 'rows'>): Tensor {
    return this.task.loss(this.task.changed(data.batch(), this.#changes, rows), stage, this.#precision);
  }

  /** Reads and reports the losses of all steps since the last reading. */
  async #report(clock: StepClock, onStep: ReaderRunOptions['onStep']): Promise<void> {
    const [count, last] = [this.#unread, this.step];
    if (count === 0) return;
    this.#unread = 0;
    const rows = await this.#ring.latest(count);
    const stepsPerSecond = clock.tick(count);
    for (const [k, [loss, lossScale, skipped]] of rows.entries()) {
      const step = last - count + k + 1;
      if (this.#watch.isFatal(loss as number, skipped)) throw await this.#nonFinite(step, loss as number);
      const place = stageAt(this.stages, step - 1);
      const stage = elementOf(this.stages, place.stage, 'stages');
      onStep?.({
        step,
        loss: loss as number,
        learningRate: scheduleOf(stage)(place.step),
        stage: place.stage,
        stepsPerSecond,
        ...(this.#scaler && { scaling: { lossScale: lossScale as number, skipped: skipped as number } }),
      });
    }
  }

  /** The error of a loss that is not finite; it names the first op that fails when the step is repeated. */
  async #nonFinite(step: number, loss: number): Promise<NonFiniteLossError> {
    this.#gate.spoil(`the loss became ${loss} at step ${step}`);
    const parts = this.#parts;
    const stage = elementOf(this.stages, stageAt(this.stages, step - 1).stage, 'stages');
    const op = parts && (await firstNonFinite(() => this.#loss(stage, parts)).catch(() => undefined));
    return new NonFiniteLossError(step, 'only', loss, op);
  }
}
