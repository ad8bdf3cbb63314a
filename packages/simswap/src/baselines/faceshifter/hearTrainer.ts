import { checkOptions, type OptionKeys } from '@visage/gpu';
import { Adam, HostRandom } from '@visage/nn';
import { grad, keep, l1Loss, noGrad, type Tensor, zeros } from '@visage/tensor';
import { adamOptions, kindAt, type PairKind } from '../../core/recipe.ts';
import { identityLoss } from '../../losses/identity.ts';
import type { IdentityNetwork } from '../../networks/identity.ts';
import type { ImagePairs, TrainingData } from '../../training/data.ts';
import { StepGate } from '../../training/stepGate.ts';
import { RecordedSteps } from '../recordedSteps.ts';
import { type FaceShifter, heuristicError } from './faceShifter.ts';
import { halfSquaredError } from './losses.ts';
import { drawOccluders, occlude, occluderNumbers } from './occluders.ts';
import { checkFaceShifterRecipe, type FaceShifterRecipe, faceShifterPaper } from './recipe.ts';

/** What a {@link HearTrainer} is made of. */
export interface HearTrainerOptions {
  /** Its first stage is trained already; it is frozen and put into evaluation mode. */
  readonly faceShifter: FaceShifter;
  readonly data: TrainingData;
  readonly recipe?: FaceShifterRecipe;
  readonly seed?: number;
}

const OPTIONS: OptionKeys<HearTrainerOptions> = { faceShifter: true, data: true, recipe: true, seed: true };

/** The values that a step reports, in order. */
const hearLossNames = ['identity', 'change', 'reconstruction'] as const;
export type HearLosses = Readonly<Record<(typeof hearLossNames)[number], number>>;

/**
 * Trains FaceShifter's second stage on targets with objects in front of them. The network is not told where they are;
 * it has to learn that from the heuristic error.
 */
export class HearTrainer {
  readonly recipe: FaceShifterRecipe;
  readonly #options: HearTrainerOptions;
  readonly #identity: IdentityNetwork;
  readonly #optimizer: Adam;
  readonly #occluders: Tensor;
  readonly #steps = new RecordedSteps(hearLossNames);
  readonly #gate = new StepGate('HearTrainer');

  constructor(options: HearTrainerOptions) {
    checkOptions('HearTrainer', options, OPTIONS);
    const { faceShifter, data, recipe = faceShifterPaper } = options;
    checkFaceShifterRecipe(recipe);
    this.recipe = recipe;
    this.#options = options;
    this.#identity = faceShifter.identity;
    faceShifter.aei.freeze().eval();
    faceShifter.hear.train();
    const numbers = adamOptions(recipe.optimizer);
    this.#optimizer = new Adam(faceShifter.hear.namedParameters(), numbers);
    this.#occluders = keep(zeros([data.batchSize, occluderNumbers], { gpu: faceShifter.hear.gpu }));
  }

  /** Steps done. */
  get step(): number {
    return this.#steps.done;
  }

  /** The learning rate from now on. */
  set learningRate(value: number) {
    this.#optimizer.learningRate = value;
  }

  /**
   * Issues one step.
   *
   * @throws VisageError when the step before is not issued yet: await it.
   */
  async run(): Promise<void> {
    return this.#gate.run(() => this.#run());
  }

  async #run(): Promise<void> {
    const kind = kindAt(this.recipe.refinementPairs, this.step);
    const { data, seed = 0 } = this.#options;
    await data.load(kind, this.step);
    const random = new HostRandom(seed);
    random.draws = this.step * data.batchSize;
    this.#occluders.write(drawOccluders(random, data.batchSize));
    this.#steps.run(kind, () => this.#learn(data.images(kind), kind));
  }

  /** The losses of the latest step. */
  losses(): Promise<HearLosses> {
    return this.#steps.losses();
  }

  /**
   * Gives all memory of the trainer back; the networks and the data belong to the caller.
   *
   * @throws VisageError during a step.
   */
  dispose(): void {
    this.#gate.refuseWhileRunning('dispose');
    this.#steps.dispose();
    this.#optimizer.dispose();
    this.#occluders.dispose();
  }

  /**
   * L = L_id + L_chg (+ L_rec on pairs of one person), weights 1: the identity stays, little changes, what was in front
   * comes back.
   */
  #learn(pairs: ImagePairs, kind: PairKind): Readonly<Record<(typeof hearLossNames)[number], Tensor>> {
    const { aei, hear } = this.#options.faceShifter;
    const { target, latent, first, error } = noGrad(() => {
      const target = occlude(pairs.target, this.#occluders).images;
      const latent = this.#identity.latent(pairs.source);
      return { target, latent, first: aei.forward(target, latent), error: heuristicError(aei, this.#identity, target) };
    });
    const result = hear.forward(first, error);
    const identity = identityLoss(this.#identity.embed(result), latent);
    const change = l1Loss(result, first);
    const reconstruction = halfSquaredError(result, target); // reported always
    const always = identity.add(change);
    const loss = kind === 'same' ? always.add(reconstruction) : always;
    this.#optimizer.step(grad(loss, this.#optimizer.parameters));
    return { identity, change, reconstruction };
  }
}
