import { ArgumentError, checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { Adam, HostRandom } from '@visage/nn';
import { gatherRows, grad, keep, l1Loss, mean, noGrad, scope, sub, type Tensor, tensor, zeros } from '@visage/tensor';
import { showShape } from '@visage/tensor/kernels';
import type { AdamNumbers } from '../../core/recipe.ts';
import { RecordedSteps } from '../recordedSteps.ts';
import type { DeepFakes, Person } from './network.ts';
import { drawWarps, originalWarp, type WarpSettings, warpPair } from './warp.ts';

/** How DeepFakes is trained. Plain data. */
export interface DeepFakesRecipe {
  readonly batchSize: number;
  readonly optimizer: AdamNumbers;
  readonly warp: WarpSettings;
  /** Shift A's colours so that both people's photos have the same mean: the decoders then need not tell them apart by their light. */
  readonly matchColors: boolean;
}

/** The original's numbers: batches of 64, Adam with β₁ = 0.5. */
export const originalDeepFakesRecipe: DeepFakesRecipe = {
  batchSize: 64,
  optimizer: { learningRate: 5e-5, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 },
  warp: originalWarp,
  matchColors: true,
};

/** What a {@link DeepFakesTrainer} is made of. */
export interface DeepFakesTrainerOptions {
  readonly network: DeepFakes;
  /** Square photos [N, S, S, 3] in [0, 1] of each of the two people; they may be larger than what the network takes. */
  readonly photos: Readonly<Record<Person, Tensor>>;
  readonly recipe?: DeepFakesRecipe;
  readonly seed?: number;
}

const OPTIONS: OptionKeys<DeepFakesTrainerOptions> = { network: true, photos: true, recipe: true, seed: true };

const RECIPE: OptionKeys<DeepFakesRecipe> = { batchSize: true, optimizer: true, warp: true, matchColors: true };

const PEOPLE = ['A', 'B'] as const;

/** What a step reads of a person: the photos, which of them, and how they are bent. */
interface Drawn {
  readonly photos: Tensor;
  readonly index: Tensor;
  readonly grid: Tensor;
  readonly frame: Tensor;
}

/** Trains a {@link DeepFakes} network on two people: each step reconstructs bent photos of A, then of B. The loss is the mean absolute difference. */
export class DeepFakesTrainer {
  readonly network: DeepFakes;
  readonly recipe: DeepFakesRecipe;
  readonly #seed: number;
  readonly #drawn: Readonly<Record<Person, Drawn>>;
  // Each autoencoder is a model with an optimizer of its own; both move the encoder.
  readonly #optimizers: Readonly<Record<Person, Adam>>;
  readonly #steps = new RecordedSteps(PEOPLE);

  constructor(options: DeepFakesTrainerOptions) {
    checkOptions('DeepFakesTrainer', options, OPTIONS);
    const { network, photos, recipe = originalDeepFakesRecipe, seed = 0 } = options;
    checkOptions('DeepFakesTrainer: recipe', recipe, RECIPE);
    checkInteger('DeepFakesTrainer', 'recipe.batchSize', recipe.batchSize, 1);
    checkInteger('DeepFakesTrainer', 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
    this.network = network.train();
    this.recipe = recipe;
    this.#seed = seed;
    for (const who of PEOPLE) checkPhotos(who, photos[who]);
    const matched = recipe.matchColors ? { ...photos, A: keep(colorsMatched(photos.A, photos.B)) } : photos;
    this.#drawn = { A: this.#prepare(matched.A), B: this.#prepare(matched.B) };
    const { learningRate, beta1, beta2, epsilon } = recipe.optimizer;
    const adam = (who: Person) => {
      const decoder = who === 'A' ? 'decoder_A' : 'decoder_B';
      const parameters = [...network.namedParameters()].filter(
        ([name]) => /^encoder\./.test(name) || name.startsWith(decoder),
      );
      return new Adam(parameters, { learningRate, betas: [beta1, beta2], eps: epsilon });
    };
    this.#optimizers = { A: adam('A'), B: adam('B') };
  }

  /** Steps done. */
  get step(): number {
    return this.#steps.done;
  }

  /** The learning rate of both optimizers from now on. */
  set learningRate(value: number) {
    for (const who of PEOPLE) this.#optimizers[who].learningRate = value;
  }

  /** Issues one step; its photos and warps depend on the seed and the number of the step alone. */
  run(): void {
    for (const [k, who] of PEOPLE.entries()) this.#load(this.#drawn[who], 2 * this.step + k);
    this.#steps.run('both', () => ({ A: this.#learn('A'), B: this.#learn('B') }));
  }

  /** The losses of the latest step, of A and of B. */
  losses(): Promise<Readonly<Record<Person, number>>> {
    return this.#steps.losses();
  }

  /** Gives all memory of the trainer back; network and photos belong to the caller. */
  dispose(): void {
    this.#steps.dispose();
    for (const who of PEOPLE) {
      this.#optimizers[who].dispose();
      const { index, grid, frame, photos } = this.#drawn[who];
      for (const x of [index, grid, frame]) x.dispose();
      if (who === 'A' && this.recipe.matchColors) photos.dispose();
    }
  }

  #prepare(photos: Tensor): Drawn {
    const { batchSize } = this.recipe;
    const { gpu } = photos;
    return {
      photos,
      index: keep(tensor(new Uint32Array(batchSize), [batchSize], { gpu })),
      grid: keep(zeros([batchSize, 5, 5, 2], { gpu })),
      frame: keep(zeros([batchSize, 3, 2], { gpu })),
    };
  }

  #load({ photos, index, grid, frame }: Drawn, draw: number): void {
    const { batchSize, warp } = this.recipe;
    const random = new HostRandom(this.#seed);
    random.draws = draw * (1 + 2 * batchSize); // as many as a draw takes: one for the photos, two for each warp
    index.write(random.bits(batchSize).map((bits) => bits % photos.dim(0)));
    const warps = drawWarps(random, batchSize, photos.dim(1), warp);
    grid.write(warps.grid);
    frame.write(warps.frame);
  }

  #learn(who: Person): Tensor {
    const { photos, index, grid, frame } = this.#drawn[who];
    const optimizer = this.#optimizers[who];
    const { imageSize } = this.network.config;
    const { input, answer } = noGrad(() => warpPair(gatherRows(photos, index), grid, frame, imageSize));
    const loss = l1Loss(this.network.forward(input, who), answer);
    optimizer.step(grad(loss, optimizer.parameters));
    return loss.detach();
  }
}

function checkPhotos(who: Person, { shape }: Tensor): void {
  if (shape.length === 4 && shape[1] === shape[2] && shape[3] === 3) return;
  throw new ArgumentError('DeepFakesTrainer', `photos.${who}`, showShape(shape), '[photos, side, side, 3]');
}

/** Photos moved by one colour so that their mean is that of others: x + mean(others) − mean(x), per channel over all photos and pixels. */
export const colorsMatched = (photos: Tensor, others: Tensor): Tensor =>
  scope(() => noGrad(() => photos.add(sub(mean(others, [0, 1, 2]), mean(photos, [0, 1, 2])))));
