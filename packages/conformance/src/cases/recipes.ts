import { Adam, ExponentialMovingAverage, type Module } from '@visage/nn';
import {
  type AdamNumbers,
  type AnyDiscriminatorConfig,
  ArcFace,
  ablation,
  applied,
  buildDiscriminator,
  Generator,
  type IdentityConfig,
  phasesOf,
  publishedGenerator,
  type Recipe,
  recipes,
  type StepParts,
} from '@visage/simswap';
import { assign, concat, copy, noGrad, scope, type Tensor, tensor } from '@visage/tensor';
import type { CaseTensors } from '../golden/golden.ts';
import { hashed } from '../golden/hashed.ts';
import { fromTorch } from '../golden/layout.ts';
import type { Preparer } from '../golden/prepared.ts';
import { loadGolden } from './networks.ts';
import { clearState } from './optimizers.ts';
import { eachApart, LOG_COLUMNS, parameterNorm } from './training.ts';

/** The arguments of a recipes case. */
interface RecipeArgs {
  readonly recipes: readonly string[];
  readonly steps: number;
  readonly batch: number;
  readonly side: number;
  readonly generator: { readonly width: number; readonly blocks: number; readonly latent: number };
  readonly discriminator: AnyDiscriminatorConfig;
  readonly identity: Pick<IdentityConfig, 'layers' | 'width' | 'embedding' | 'inputSize'>;
}

/** Added to the step number to give the seed of the random numbers of its gradient penalty. */
const ALPHA = 1000;

const RECIPES = new Map([...recipes, ...ablation()].map((recipe) => [recipe.name, recipe]));

const adam = (network: Module, { learningRate, beta1, beta2, epsilon }: AdamNumbers): Adam =>
  new Adam(network.trainedParameters(), { learningRate, betas: [beta1, beta2], eps: epsilon });

/**
 * Takes the first steps of every recipe of a case, each recipe from the same weights, with the trainer's own phases.
 * Compares the losses of every step and the norm of each network's parameters after it, entry by entry.
 */
export const recipesCase: Preparer = (golden, tensors) => {
  const args = golden.args as unknown as RecipeArgs;
  const chosen = args.recipes.map((name) => RECIPES.get(name) as Recipe);
  const networks = networksOf(args, (chosen[0] as Recipe).head);
  const load = () => {
    for (const [tag, network] of Object.entries(networks)) {
      loadGolden(network, tensors, tensors.namesUnder(`${tag}.`), `${tag}.`);
    }
    for (const { generatorOptimizer, discriminatorOptimizer } of runs) {
      clearState(generatorOptimizer);
      clearState(discriminatorOptimizer);
    }
  };
  const average = new ExponentialMovingAverage(networks.G, new Generator(networks.G.config), 0);
  const runs = chosen.map((recipe) => ({
    recipe,
    generatorOptimizer: adam(networks.G, recipe.generatorOptimizer),
    discriminatorOptimizer: adam(networks.D, recipe.discriminatorOptimizer),
  }));
  const images = uploadImages(args);
  const alphas = Array.from({ length: args.steps }, (_, k) =>
    tensor(hashed(ALPHA + k, args.batch), [args.batch, 1, 1, 1]),
  );
  const trained = [networks.G, networks.D].flatMap((network) => [...network.stateDict().values()]);
  const { G: generator, D: discriminator, A: identity } = networks;
  const taking =
    ({ recipe, ...optimizers }: (typeof runs)[number]) =>
    (step: number): Tensor => {
      const parts = { recipe, generator, discriminator, identity, average, ...optimizers };
      return stepRow({ ...parts, alpha: alphas[step] as Tensor }, images, step);
    };
  const steps = [...alphas.keys()];
  const logged = (rowsOf: (run: (typeof runs)[number]) => readonly Tensor[]) => ({
    outputs: Object.fromEntries(runs.map((run) => [`log_${run.recipe.name}`, concat(rowsOf(run), 0)])),
    gradients: {},
  });
  const compute = () => {
    const initial = trained.map(copy);
    return logged((run) => {
      for (const [k, x] of trained.entries()) assign(x, initial[k] as Tensor);
      return steps.map((step) => scope(() => taking(run)(step)));
    });
  };
  const computeApart = () => logged((run) => eachApart(steps, load, taking(run)));
  return {
    compute,
    computeApart,
    reset: load,
    inputs: [...images.flatMap((pair) => Object.values(pair)), ...alphas, ...trained, ...identity.stateDict().values()],
    expected: { outputs: expectedLogs(golden.out, tensors), gradients: {} },
    columns: LOG_COLUMNS,
  };
};

function networksOf({ generator, discriminator, identity }: RecipeArgs, head: Recipe['head']) {
  const A = new ArcFace({ kind: 'arcface', squeeze: true, ...identity });
  A.freeze().eval();
  return {
    G: new Generator({ ...publishedGenerator, ...generator, head }).train(),
    D: buildDiscriminator(discriminator).train(),
    A,
  };
}

type Images = readonly { readonly target: Tensor; readonly source: Tensor }[];

/** The batches of all phases of all steps, generated from hashed numbers. */
function uploadImages({ steps, batch, side, recipes: [first] }: RecipeArgs): Images {
  const phases = phasesOf(RECIPES.get(first as string) as Recipe).length;
  const image = (seed: number): Tensor => {
    const shape = [batch, 3, side, side];
    const ours = fromTorch({ shape, data: hashed(seed, batch * 3 * side * side) }, 'image');
    return tensor(ours.data, ours.shape);
  };
  return Array.from({ length: steps * phases }, (_, k) => ({ target: image(2 * k), source: image(2 * k + 1) }));
}

/** Takes one step, with every phase on its own batch. Returns a row of losses and norms, see {@link LOG_COLUMNS}. */
function stepRow(parts: StepParts, images: Images, step: number): Tensor {
  const { recipe, generator, discriminator } = parts;
  const phases = phasesOf(recipe);
  const kind = recipe.pairs[step % recipe.pairs.length] as Recipe['pairs'][number];
  const losses = phases.map(
    (phase, k) => applied(parts, phase.compute(parts, images[step * phases.length + k] as Images[number], kind)).losses,
  );
  const row = noGrad(() => concat([...losses, parameterNorm(generator), parameterNorm(discriminator)], 0));
  return row.reshape([1, LOG_COLUMNS.length]);
}

const expectedLogs = (names: readonly string[], tensors: CaseTensors) =>
  Object.fromEntries(names.map((name) => [name, tensors.get(name).data]));
