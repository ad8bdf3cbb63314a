import { checkOptions, type OptionKeys } from '@visage/gpu';
import { Adam } from '@visage/nn';
import { grad, noGrad, type Tensor } from '@visage/tensor';
import { adamOptions, kindAt, type PairKind } from '../../core/recipe.ts';
import { adversarialLoss, hingeFakeLoss, hingeRealLoss } from '../../losses/adversarial.ts';
import { identityLoss } from '../../losses/identity.ts';
import type { IdentityNetwork } from '../../networks/identity.ts';
import type { Discriminator } from '../../networks/patchDiscriminator.ts';
import type { ImagePairs, TrainingData } from '../../training/data.ts';
import { StepGate } from '../../training/stepGate.ts';
import { RecordedSteps } from '../recordedSteps.ts';
import type { AeiNet } from './aeiNet.ts';
import { attributeLoss, halfSquaredError } from './losses.ts';
import { checkFaceShifterRecipe, type FaceShifterRecipe, faceShifterPaper } from './recipe.ts';

/** What an {@link AeiTrainer} is made of. */
export interface AeiTrainerOptions {
  readonly network: AeiNet;
  /** Three scales in both ports. */
  readonly discriminator: Discriminator;
  /** Trained already; it is frozen and put into evaluation mode. */
  readonly identity: IdentityNetwork;
  readonly data: TrainingData;
  readonly recipe?: FaceShifterRecipe;
}

const OPTIONS: OptionKeys<AeiTrainerOptions> = {
  network: true,
  discriminator: true,
  identity: true,
  data: true,
  recipe: true,
};

/** The values that a step reports, in order. */
const aeiLossNames = ['adversarial', 'attributes', 'identity', 'reconstruction', 'real', 'fake'] as const;
export type AeiLosses = Readonly<Record<(typeof aeiLossNames)[number], number>>;

/**
 * Trains FaceShifter's first stage against its discriminator. Each kind of step is recorded at its first use and
 * replayed.
 */
export class AeiTrainer {
  readonly network: AeiNet;
  readonly recipe: FaceShifterRecipe;
  readonly #options: AeiTrainerOptions;
  readonly #generatorOptimizer: Adam;
  readonly #discriminatorOptimizer: Adam;
  readonly #steps = new RecordedSteps(aeiLossNames);
  readonly #gate = new StepGate('AeiTrainer');

  constructor(options: AeiTrainerOptions) {
    checkOptions('AeiTrainer', options, OPTIONS);
    const { network, discriminator, identity, recipe = faceShifterPaper } = options;
    this.network = network.train();
    checkFaceShifterRecipe(recipe);
    this.recipe = recipe;
    this.#options = options;
    discriminator.train();
    identity.freeze().eval();
    const numbers = adamOptions(recipe.optimizer);
    this.#generatorOptimizer = new Adam(network.namedParameters(), numbers);
    this.#discriminatorOptimizer = new Adam(discriminator.namedParameters(), numbers);
  }

  /** Steps done. */
  get step(): number {
    return this.#steps.done;
  }

  /** The learning rate of both networks from now on. */
  set learningRate(value: number) {
    this.#generatorOptimizer.learningRate = value;
    this.#discriminatorOptimizer.learningRate = value;
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
    const kind = kindAt(this.recipe.pairs, this.step);
    const { data } = this.#options;
    await data.load(kind, this.step);
    this.#steps.run(kind, () => this.#learn(data.images(kind), kind));
  }

  /** The losses of the latest step. */
  losses(): Promise<AeiLosses> {
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
    this.#generatorOptimizer.dispose();
    this.#discriminatorOptimizer.dispose();
  }

  /**
   * L = L_adv + λ_att · L_att + λ_id · L_id (+ λ_rec · L_rec on pairs of one person), then the discriminator's hinge
   * loss on the same faces.
   */
  #learn({ target, source }: ImagePairs, kind: PairKind): Readonly<Record<(typeof aeiLossNames)[number], Tensor>> {
    const { network, discriminator, identity } = this.#options;
    const { weights } = this.recipe;
    const latent = noGrad(() => identity.latent(source));
    const wanted = network.attributes(target);
    const result = network.generate(wanted, latent);
    const [resultOutputs, targetOutputs] = [discriminator.forward(result), discriminator.forward(target)];
    const adversarial = adversarialLoss(resultOutputs);
    const attributes = attributeLoss(network.attributes(result), wanted);
    const alike = identityLoss(identity.embed(result), latent);
    const reconstruction = halfSquaredError(result, target); // reported always
    const always = adversarial.add(attributes.mul(weights.attributes)).add(alike.mul(weights.identity));
    const loss = kind === 'same' ? always.add(reconstruction.mul(weights.reconstruction)) : always;
    const [real, fake] = [hingeRealLoss(targetOutputs), hingeFakeLoss(resultOutputs)];
    const generatorGradients = grad(loss, this.#generatorOptimizer.parameters);
    const discriminatorGradients = grad(real.add(fake), this.#discriminatorOptimizer.parameters);
    this.#generatorOptimizer.step(generatorGradients);
    this.#discriminatorOptimizer.step(discriminatorGradients);
    return { adversarial, attributes, identity: alike, reconstruction, real, fake };
  }
}
