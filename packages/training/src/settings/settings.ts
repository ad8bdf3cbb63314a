import type { Level } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import {
  type AnyDiscriminatorConfig,
  type CheckpointHeader,
  changedRecipe,
  type GeneratorConfig,
  type Precision,
  publishedProjected,
  type Recipe,
  type RecipeChanges,
  recipePaths,
  recipeValue,
} from '@visage/simswap';
import type { Preset, Rates } from './presets.ts';
import { knownRecipes } from './recipes.ts';

/** Everything that decides a training run. Plain data. */
export interface RunSettings {
  readonly preset: string;
  readonly recipe: Recipe;
  readonly generator: GeneratorConfig;
  readonly discriminator: AnyDiscriminatorConfig;
  readonly imageSize: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly seed: number;
  readonly precision: Precision;
  /** A folder of identity folders; `null` for procedural faces. */
  readonly folder: string | null;
  readonly identities: number;
  readonly level: Level;
  readonly heldOut: number;
  readonly sampleEvery: number;
  readonly evaluateEvery: number;
  readonly saveEvery: number;
}

/** What the command line may change of a preset. */
export interface Changes {
  readonly imageSize?: number;
  readonly batchSize?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly precision?: Precision;
  readonly folder?: string;
  /** Fields of the recipe by dotted path; they also stand above the learning rates of the preset. */
  readonly set?: RecipeChanges;
}

/** The settings of a new run: the sizes of a preset in the form that the recipe asks for. */
export function newSettings(preset: Preset, base: Recipe, { set = {}, ...changes }: Changes = {}): RunSettings {
  const { name, about: _, rates, ...sizes } = preset;
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const fixed = { preset: name, seed: 1, precision: 'f32' as const, folder: null };
  const settings = { ...fixed, ...sizes, ...given };
  const recipe = changedRecipe(atRates(base, rates, settings.steps), set);
  return {
    ...settings,
    generator: { ...settings.generator, head: recipe.head },
    discriminator: discriminatorOf(recipe, preset, settings.imageSize),
    recipe,
  };
}

const LEAST_PROJECTED = 128; // pixels that the projected discriminator needs

/** The recipe's discriminator at a preset's width; a projected one enlarges images that are too small for it. */
function discriminatorOf(recipe: Recipe, { discriminator }: Preset, imageSize: number): AnyDiscriminatorConfig {
  if (recipe.discriminator === 'patch') return discriminator;
  const fits = imageSize >= LEAST_PROJECTED && imageSize % 32 === 0;
  const inputSize = fits ? 0 : Math.max(LEAST_PROJECTED, 32 * Math.ceil(imageSize / 32));
  return { ...publishedProjected, width: discriminator.width, inputSize };
}

/** A recipe at a preset's learning rates, over a run of so many steps; at its own where the preset has none. */
const atRates = (recipe: Recipe, rates: Rates | undefined, steps: number): Recipe =>
  rates
    ? {
        ...recipe,
        generatorOptimizer: { ...recipe.generatorOptimizer, learningRate: rates.generator },
        discriminatorOptimizer: { ...recipe.discriminatorOptimizer, learningRate: rates.discriminator },
        decaySteps: rates.decay ? steps : 0,
      }
    : recipe;

/** What a checkpoint keeps of the settings beside what the trainer itself files there. */
export function notesOf(settings: RunSettings) {
  const { preset, steps, folder, identities, level, heldOut, sampleEvery, evaluateEvery, saveEvery } = settings;
  return { preset, steps, folder, identities, level, heldOut, sampleEvery, evaluateEvery, saveEvery };
}

/**
 * The settings of a run that goes on from a checkpoint.
 *
 * @throws VisageError when the notes in the checkpoint are not those of {@link notesOf}.
 */
export function resumedSettings(header: CheckpointHeader, path: string): RunSettings {
  const { networks, recipe, seed, batchSize, imageSize, precision, notes } = header;
  if (!isNotes(notes))
    throw new VisageError(`${path}: was not written by \`visage train\`: its notes lack the settings of the run`);
  const { generator, discriminator } = networks;
  return { ...notes, recipe, generator, discriminator, seed, batchSize, imageSize, precision };
}

/** The difficulty of the faces that a checkpoint of `visage train` was trained on; `undefined` for a trainer's own. */
export const trainingLevel = ({ notes }: CheckpointHeader): Level | undefined =>
  isNotes(notes) ? notes.level : undefined;

/** Counts in the notes, and the largest that is taken from a file. */
const MOST = {
  steps: 2 ** 31,
  identities: 2 ** 31,
  heldOut: 1000,
  sampleEvery: 2 ** 31,
  evaluateEvery: 2 ** 31,
  saveEvery: 2 ** 31,
} as const;

function isNotes(value: unknown): value is ReturnType<typeof notesOf> {
  if (typeof value !== 'object' || value === null) return false;
  const notes = value as Record<string, unknown>;
  return (
    typeof notes.preset === 'string' &&
    (notes.folder === null || typeof notes.folder === 'string') &&
    ['L0', 'L1', 'L2', 'L3'].includes(notes.level as string) &&
    Object.entries(MOST).every(([name, most]) => {
      const count = notes[name] as number;
      return Number.isInteger(count) && count >= 1 && count <= most;
    })
  );
}

/** What a run trains by, in a line of its log. */
export const describeRun = ({ recipe, discriminator }: RunSettings): string =>
  `recipe ${describeRecipe(recipe)}; discriminator: ${describeDiscriminator(discriminator)}`;

const PUBLISHED_LAYERS = 4; // halvings of the published PatchGAN, which leave five feature maps

/**
 * A discriminator in a line, beside the published one where they differ: how many feature maps it has decides what weak
 * feature matching can match.
 */
export function describeDiscriminator(config: AnyDiscriminatorConfig): string {
  if (config.kind === 'projected') return `projected, at ${config.width} of the published width`;
  const { width, layers, scales } = config;
  const own = `PatchGAN at ${scales} scales, ${layers + 1} feature maps, ${width} of the published width`;
  if (layers === PUBLISHED_LAYERS && scales === 2 && width === 1) return `${own}, as published`;
  return `${own} (published: 2 scales, ${PUBLISHED_LAYERS + 1} maps)`;
}

/** Fields that {@link describeRecipe} always gives, because they are the preset's. */
const RATES = ['generatorOptimizer.learningRate', 'discriminatorOptimizer.learningRate', 'decaySteps'];

/**
 * A recipe in a line: its name, the fields in which it is not the recipe of that name, and the learning rates, which
 * are the preset's.
 */
export function describeRecipe(recipe: Recipe): string {
  const { name, generatorOptimizer, discriminatorOptimizer, decaySteps } = recipe;
  const rates = `${generatorOptimizer.learningRate} (generator) and ${discriminatorOptimizer.learningRate} (discriminator)`;
  const falling = decaySteps > 0 ? `, to zero over ${decaySteps} steps` : '';
  const changes = changedFields(recipe);
  return `${name}${changes.length > 0 ? ` with ${changes.join(', ')}` : ''}, learning rates ${rates}${falling}`;
}

/**
 * The fields, rates apart, in which a recipe differs from the one whose name it bears, such as `weights.identity=20`.
 */
function changedFields(recipe: Recipe): string[] {
  const base = knownRecipes.get(recipe.name);
  if (!base) return [];
  return [...recipePaths.keys()].flatMap((path) => {
    const value = recipeValue(recipe, path);
    const same = JSON.stringify(value) === JSON.stringify(recipeValue(base, path));
    return same || RATES.includes(path) ? [] : [`${path}=${Array.isArray(value) ? value.join(',') || 'none' : value}`];
  });
}
