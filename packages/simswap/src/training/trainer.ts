import { ArgumentError, type RecordedStep } from '@visage/gpu';
import {
  Adam,
  type CheckpointGroups,
  cosineSchedule,
  ExponentialMovingAverage,
  HostRandom,
  restoreCheckpoint,
  type SafetensorsFile,
  saveCheckpoint,
} from '@visage/nn';
import { keep, type Tensor, zeros } from '@visage/tensor';
import { readCheckpointHeader, simswapArchitecture } from '../checkpoint.ts';
import type { DiscriminatorNetwork } from '../networks/discriminator.ts';
import type { FoldedIdentity } from '../networks/foldedIdentity.ts';
import { Generator } from '../networks/generator.ts';
import type { IdentityNetwork } from '../networks/identity.ts';
import type { AdamNumbers, PairKind, Recipe } from '../recipe.ts';
import { paper } from '../recipes.ts';
import { CollapseAlarm, type CollapseLimits, type CollapseReport, type CollapseSigns } from './collapse.ts';
import type { TrainingData } from './data.ts';
import { AUGMENTATION_DRAWS, augmentationDraws } from './diffAugment.ts';
import { NonFiniteLossError } from './errors.ts';
import { StepRunner } from './runner.ts';
import { type LossName, lossNames } from './terms.ts';

/** What a {@link Trainer} is made of. */
export interface TrainerOptions {
  readonly generator: Generator;
  readonly discriminator: DiscriminatorNetwork;
  /** Trained already; it is frozen and put into evaluation mode. */
  readonly identity: IdentityNetwork;
  readonly data: TrainingData;
  readonly recipe?: Recipe;
  /** Decides the random numbers of the training itself; data sources and networks have seeds of their own. */
  readonly seed?: number;
  /** Record each kind of step once and replay it (default). Off: op by op, the same bits, and an error of an op arises in the step that caused it. */
  readonly replay?: boolean;
  /** Steps between two readings of the losses; each reading reports all steps since the last. */
  readonly readEvery?: number;
  readonly collapse?: CollapseLimits;
}

/** What a step did. */
export interface StepReport {
  /** Steps done, this one included. */
  readonly step: number;
  readonly kind: PairKind;
  readonly losses: Readonly<Record<LossName, number>>;
  readonly stepsPerSecond: number;
}

/** Something to do every so many steps, with all losses known to be finite: save, sample, evaluate. Training waits for it. */
export interface TrainingTask {
  readonly every: number;
  run(trainer: Trainer): void | Promise<void>;
}

/** How far to train, and whom to tell. */
export interface RunOptions {
  /** Total number of steps, those of earlier runs included. */
  readonly until: number;
  readonly tasks?: readonly TrainingTask[];
  onStep?(report: StepReport): void;
  onAlarm?(report: CollapseReport): void;
}

/** Added to the seed (32 bits) for the random numbers of the gradient penalty, apart from those of initial weights. */
const ALPHA_STREAM = 2 ** 32;

/** The same for those of the augmentation. */
const AUGMENTATION_STREAM = 2 * ALPHA_STREAM;

/** Steps between two looks at whether the results collapse to their targets. */
const PROBE_EVERY = 20;

/**
 * Trains a SimSwap generator against its discriminator.
 *
 * Every step draws its pairs and random numbers by the number of the step, so a trainer that is given a checkpoint of another one continues
 * with the same bits.
 */
export class Trainer {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly generator: Generator;
  readonly discriminator: DiscriminatorNetwork;
  readonly identity: IdentityNetwork;
  /** The moving average of the generator: what swaps. */
  readonly average: Generator;
  readonly #data: TrainingData;
  /** What the steps run instead of {@link Trainer.identity}: the same function in fewer kernels. */
  readonly #frozen: FoldedIdentity;
  readonly #moving: ExponentialMovingAverage<Generator>;
  readonly #generatorOptimizer: Adam;
  readonly #discriminatorOptimizer: Adam;
  readonly #alpha: Tensor;
  readonly #draws: Tensor;
  readonly #runner: StepRunner;
  readonly #readEvery: number;
  readonly #alarm: CollapseAlarm;
  #step = 0;
  #unread = 0;
  #stopping = false;

  constructor(options: TrainerOptions) {
    const { generator, discriminator, identity, data, recipe = paper, readEvery = 10 } = options;
    checkPositive('readEvery', readEvery);
    checkForm(recipe, generator, discriminator);
    this.recipe = recipe;
    this.seed = options.seed ?? 0;
    this.generator = generator.train();
    this.discriminator = discriminator.train();
    this.identity = identity;
    this.#frozen = identity.freeze().eval().folded();
    this.#data = data;
    this.average = new Generator(generator.config);
    this.#moving = new ExponentialMovingAverage(generator, this.average, recipe.averageDecay);
    this.#generatorOptimizer = new Adam(generator.namedParameters(), adam(recipe.generatorOptimizer));
    this.#discriminatorOptimizer = new Adam(discriminator.trainedParameters(), adam(recipe.discriminatorOptimizer));
    this.#alpha = keep(zeros([data.batchSize, 1, 1, 1]));
    this.#draws = keep(zeros([data.batchSize, AUGMENTATION_DRAWS]));
    this.#readEvery = readEvery;
    this.#alarm = new CollapseAlarm(options.collapse);
    const parts = {
      recipe,
      generator,
      discriminator,
      identity: this.#frozen,
      generatorOptimizer: this.#generatorOptimizer,
      discriminatorOptimizer: this.#discriminatorOptimizer,
      average: this.#moving,
      alpha: this.#alpha,
      draws: this.#draws,
    };
    this.#runner = new StepRunner(parts, data, options.replay ?? true, readEvery);
  }

  /**
   * Bytes of a safetensors file with all that a later run needs to continue bit for bit: networks, moving average, both optimizers, seed,
   * recipe, step; and `notes`, any JSON that the caller wants back.
   */
  async checkpoint(notes: unknown = null): Promise<Uint8Array> {
    const { generator, discriminator, identity, recipe, seed, step } = this;
    const { batchSize, imageSize } = this.#data;
    return saveCheckpoint(this.#groups(), {
      architecture: simswapArchitecture,
      config: { generator: generator.config, discriminator: discriminator.config, identity: identity.config },
      state: { step, seed, recipe, batchSize, imageSize, notes },
    });
  }

  /**
   * Takes over the tensors and the step of a checkpoint. Recipe, seed and data are those that this trainer was built with; for the same
   * bits as an uninterrupted run, build it from {@link readCheckpointHeader}.
   *
   * @throws FileError when the file belongs to other networks; nothing is changed then.
   */
  restore(file: SafetensorsFile): void {
    const { step } = readCheckpointHeader(file);
    restoreCheckpoint(this.#groups(), file);
    this.#frozen.refold();
    this.#step = step;
  }

  #groups(): CheckpointGroups {
    return {
      generator: this.generator,
      discriminator: this.discriminator,
      average: this.average,
      identity: this.identity,
      generatorOptimizer: this.#generatorOptimizer.stateDict(),
      discriminatorOptimizer: this.#discriminatorOptimizer.stateDict(),
    };
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  /** Kind of the pairs of a step, counted from 0. */
  kindOf(step: number): PairKind {
    const { pairs } = this.recipe;
    return pairs[step % pairs.length] as PairKind;
  }

  /** What a step on pairs of a kind replays, once one has run: for profiles and benchmarks. Empty without replay. */
  recorded(kind: PairKind): readonly RecordedStep<unknown>[] {
    return this.#runner.recorded(kind);
  }

  /** Asks a run to end after the step at hand. */
  stop(): void {
    this.#stopping = true;
  }

  /**
   * Trains until `until` steps are done or {@link Trainer.stop} is called; all losses are read and reported before it returns.
   *
   * @throws NonFiniteLossError when a loss is infinite or not a number, naming step, loss and op.
   */
  async run({ until, tasks = [], onStep, onAlarm }: RunOptions): Promise<void> {
    for (const task of tasks) checkPositive('tasks', task.every);
    this.#stopping = false;
    const clock = new StepClock();
    let reading: Promise<void> = Promise.resolve();
    while (this.step < until && !this.#stopping) {
      const signs = await this.#advance();
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
    await reading;
    await this.#report(clock, onStep);
  }

  /** Gives all memory of the trainer back; generator, discriminator, identity network and moving average belong to the caller. */
  dispose(): void {
    this.#runner.dispose();
    this.#frozen.dispose();
    this.#moving.dispose();
    this.#generatorOptimizer.dispose();
    this.#discriminatorOptimizer.dispose();
    this.#alpha.dispose();
    this.#draws.dispose();
  }

  /** Issues one step. */
  async #advance(): Promise<Promise<CollapseSigns>[] | undefined> {
    const kind = this.kindOf(this.step);
    const random = new HostRandom(this.seed + ALPHA_STREAM);
    random.draws = this.step;
    this.#alpha.write(random.uniform(this.#alpha.size));
    if (this.recipe.augmentation.length > 0) {
      this.#draws.write(augmentationDraws(this.#data.batchSize, this.step, this.seed + AUGMENTATION_STREAM));
    }
    this.#moving.decay = warmedUpDecay(this.recipe.averageDecay, this.step);
    this.#generatorOptimizer.learningRate = rateAt(this.recipe.generatorOptimizer, this.recipe, this.step);
    this.#discriminatorOptimizer.learningRate = rateAt(this.recipe.discriminatorOptimizer, this.recipe, this.step);
    const probe = kind !== 'same' && this.step % PROBE_EVERY < this.recipe.pairs.length;
    const signs: Promise<CollapseSigns>[] = [];
    for (const turn of this.#runner.turns.keys()) {
      await this.#data.load(kind, this.#draw(this.step, turn));
      const read = this.#runner.run(turn, kind, probe);
      if (read) signs.push(read);
    }
    this.#step += 1;
    this.#unread += 1;
    return signs.length > 0 ? signs : undefined;
  }

  /** Number of the batch of a turn. */
  #draw(step: number, turn: number): number {
    return step * this.#runner.turns.length + turn;
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
      const bad = row.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) throw await this.#nonFinite(step, lossNames[bad] as LossName, row[bad] as number);
      const losses = Object.fromEntries(lossNames.map((name, column) => [name, row[column]])) as Record<
        LossName,
        number
      >;
      onStep?.({ step, kind: this.kindOf(step - 1), losses, stepsPerSecond });
    }
    for (const each of observed) {
      const alarm = this.#alarm.observe(last, each);
      if (alarm) onAlarm?.(alarm);
    }
  }

  /** The error of a loss that is not finite, with the op that a repetition of its step blames, if there is memory for one. */
  async #nonFinite(step: number, loss: LossName, value: number): Promise<NonFiniteLossError> {
    const kind = this.kindOf(step - 1);
    for (const turn of this.#runner.turns.keys()) {
      await this.#data.load(kind, this.#draw(step - 1, turn));
      const op = await this.#runner.nonFiniteOp(turn, kind).catch(() => undefined);
      if (op) return new NonFiniteLossError(step, loss, value, op);
    }
    return new NonFiniteLossError(step, loss, value);
  }
}

const adam = ({ learningRate, beta1, beta2, epsilon }: AdamNumbers) => ({
  learningRate,
  betas: [beta1, beta2] as const,
  eps: epsilon,
});

/** The learning rate of a step: constant, or along half a cosine to zero. */
const rateAt = ({ learningRate }: AdamNumbers, { decaySteps }: Recipe, step: number): number =>
  decaySteps === 0 ? learningRate : cosineSchedule({ rate: learningRate, steps: decaySteps })(step);

/** The decay of the moving average at a step: a short memory at first, so that the average does not hang on to the initial weights. */
const warmedUpDecay = (decay: number, step: number): number => Math.min(decay, (1 + step) / (10 + step));

/** Throws unless the networks have the form that the recipe names, and see images of one colour space. */
function checkForm(recipe: Recipe, { config, colorSpace }: Generator, discriminator: DiscriminatorNetwork): void {
  const demand = (argument: string, got: string, expected: string) => {
    if (got !== expected)
      throw new ArgumentError('Trainer', argument, got, `${expected}, as recipe ${recipe.name} says`);
  };
  demand('head of the generator', config.head, recipe.head);
  demand('kind of discriminator', discriminator.kind, recipe.discriminator);
  demand('colour space of the discriminator', discriminator.colorSpace ?? colorSpace, colorSpace);
}

function checkPositive(argument: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ArgumentError('Trainer', argument, String(value), 'a positive integer');
}

/** Measures the rate of steps between readings, smoothed; time spent on tasks does not count. */
class StepClock {
  #last = performance.now();
  #rate = 0;

  tick(steps: number): number {
    const now = performance.now();
    const rate = (1000 * steps) / Math.max(1e-3, now - this.#last);
    this.#rate = this.#rate === 0 ? rate : 0.8 * this.#rate + 0.2 * rate;
    this.#last = now;
    return this.#rate;
  }

  skip(): void {
    this.#last = performance.now();
  }
}
