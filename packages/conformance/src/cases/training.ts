import { Adam, ExponentialMovingAverage, type Module } from '@visage/nn';
import {
  ArcFace,
  Discriminator,
  Generator,
  lossNames,
  paper,
  publishedGenerator,
  type Recipe,
  trainingStep,
} from '@visage/simswap';
import { autocast, concat, noGrad, scope, slice, sqrt, sum, type Tensor } from '@visage/tensor';
import type { CaseTensors } from '../golden/golden.ts';
import { fromTorch } from '../golden/layout.ts';
import type { Prepared, Preparer } from '../golden/prepared.ts';
import { loadGolden } from './networks.ts';
import { upload } from './opCase.ts';
import { clearState } from './optimizers.ts';

/** The arguments of a training case. */
export interface TrainingArgs {
  readonly width: number;
  readonly blocks: number;
  readonly latent: number;
  readonly discriminatorLayers?: number;
  readonly lambdas: { readonly id: number; readonly rec: number; readonly fm: number; readonly gp: number };
  readonly adam: readonly [learningRate: number, beta1: number, beta2: number];
  readonly featureLayers: readonly number[];
  readonly arcface: {
    readonly width: number;
    readonly layers: readonly [number, number, number, number];
    readonly se: boolean;
    readonly embedding: number;
    readonly inputSize?: number;
  };
}

/** The recipe of the case; fields that the case does not set are the paper's. */
export function recipeOf({ lambdas, adam: [learningRate, beta1, beta2], featureLayers }: TrainingArgs): Recipe {
  const optimizer = { ...paper.generatorOptimizer, learningRate, beta1, beta2 };
  return {
    ...paper,
    weights: {
      identity: lambdas.id,
      reconstruction: lambdas.rec,
      featureMatching: lambdas.fm,
      gradientPenalty: lambdas.gp,
      truth: 0,
    },
    featureLayers,
    generatorOptimizer: optimizer,
    discriminatorOptimizer: optimizer,
  };
}

/** Builds the networks of the case: generator G, discriminator D, identity network A, and the moving average of G. */
export function networksOf({ width, blocks, latent, discriminatorLayers: layers = 4, arcface }: TrainingArgs) {
  const { se, ...identity } = arcface;
  const form = { ...publishedGenerator, width, blocks, latent };
  return {
    G: new Generator(form),
    D: new Discriminator({ width, layers, scales: 2 }),
    A: new ArcFace({ kind: 'arcface', inputSize: 112, ...identity, squeeze: se }),
    average: new Generator(form),
  };
}

/** The columns of a log: the losses of a step, and the parameter norms of generator and discriminator after it. */
export const LOG_COLUMNS: readonly string[] = [...lossNames, 'normG', 'normD'];

/** Euclidean norm of all parameters of a network together, [1]. */
export const parameterNorm = (network: Module): Tensor =>
  sqrt(
    network
      .parameters()
      .map((p) => sum(p.square()))
      .reduce((total, x) => total.add(x)),
  ).reshape([1]);

/**
 * Takes each step in the current precision after all previous steps were taken in f32. Steps are numbered from 0, and
 * `load` resets the networks to their initial state.
 */
export const eachApart = (steps: readonly number[], load: () => void, take: (step: number) => Tensor): Tensor[] =>
  steps.map((step) => {
    autocast('f32', () => {
      load();
      for (const before of steps.slice(0, step)) scope(() => void take(before));
    });
    return scope(() => take(step));
  });

/** Item k of the leading axis. */
const at = (x: Tensor, k: number): Tensor => slice(x, 0, k, k + 1).reshape(x.shape.slice(1));

/**
 * Trains with the trainer's own step on the stored pairs: pairs of one person at even steps, and of two people at odd
 * steps. Compares the losses of every step and the norm of each network's parameters after it, entry by entry.
 */
export const trainingCase: Preparer = (golden, tensors): Prepared => {
  const args = golden.args as unknown as TrainingArgs;
  const { G, D, A, average } = networksOf(args);
  G.train();
  D.train();
  const frozen = A.freeze().eval().folded(); // as the trainer does
  const load = () => {
    for (const [tag, network] of Object.entries({ G, D, A })) {
      loadGolden(network, tensors, tensors.namesUnder(`${tag}.`), `${tag}.`);
    }
    frozen.refold();
    for (const optimizer of Object.values(optimizers)) clearState(optimizer);
  };
  const recipe = recipeOf(args);
  const { learningRate, beta1, beta2, epsilon } = recipe.generatorOptimizer;
  const adam = (network: Module) =>
    new Adam(network.namedParameters(), { learningRate, betas: [beta1, beta2], eps: epsilon });
  const optimizers = { generatorOptimizer: adam(G), discriminatorOptimizer: adam(D) };
  const target = uploadSteps(tensors, 'target');
  const source = uploadSteps(tensors, 'source');
  const alpha = uploadSteps(tensors, 'gp_alpha');
  const moving = new ExponentialMovingAverage(G, average, recipe.averageDecay);
  const networks = { recipe, generator: G, discriminator: D, identity: frozen, average: moving, ...optimizers };

  const row = (k: number): Tensor => {
    const pairs = { target: at(target, k), source: at(source, k) };
    const { losses } = trainingStep({ ...networks, alpha: at(alpha, k) }, pairs, k % 2 === 0 ? 'same' : 'cross');
    const log = noGrad(() => concat([losses, parameterNorm(G), parameterNorm(D)], 0));
    return log.reshape([1, LOG_COLUMNS.length]);
  };
  const steps = Array.from({ length: target.dim(0) }, (_, k) => k);
  const logged = (rows: readonly Tensor[]) => ({ outputs: { log: concat(rows, 0) }, gradients: {} });
  return {
    compute: () => logged(steps.map((k) => scope(() => row(k)))),
    computeApart: () => logged(eachApart(steps, load, row)),
    reset: load,
    inputs: [
      target,
      source,
      alpha,
      ...[G, D, A, frozen, average].flatMap((network) => [...network.stateDict().values()]),
    ],
    expected: { outputs: { log: tensors.get('log').data }, gradients: {} },
    columns: LOG_COLUMNS,
  };
};

/** Uploads the images of all steps, [steps, batch, …]; the NCHW batch of each step becomes NHWC. */
function uploadSteps(tensors: CaseTensors, name: string): Tensor {
  const { shape, data } = tensors.get(name);
  const [steps = 1, batch = 1, ...rest] = shape;
  const images = fromTorch({ shape: [steps * batch, ...rest], data }, 'image');
  return upload({ shape: [steps, batch, ...images.shape.slice(1)], data: images.data }, 'plain');
}
