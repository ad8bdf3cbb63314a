import { type Level, levelNames } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import {
  type AnyDiscriminatorConfig,
  type CheckpointHeader,
  changedRecipe,
  type GeneratorConfig,
  type LevelShare,
  type Precision,
  publishedProjected,
  type Recipe,
  type RecipeChanges,
  recipePaths,
  recipeValue,
} from '@visage/simswap';
import type { Preset, Rates } from './presets.ts';
import { knownRecipes } from './recipes.ts';

/** Where training faces come from, as one of several sources or the only one. */
export interface DataChoice {
  /** A set of `visage dataset`, or a folder with one subfolder of pictures per person; `null` for procedural faces. */
  readonly folder: string | null;
  /** How often its batches are drawn, relative to the other sources. */
  readonly weight: number;
}

/** All settings that determine a training run, as plain data. */
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
  /** One source of faces or more. */
  readonly data: readonly DataChoice[];
  /**
   * A file with the identity network that measures swaps of held-out people of a data set. Default: dlib's network for
   * a set of photographs, else the built-in judge, which knows procedural faces.
   */
  readonly judge?: string;
  readonly identities: number;
  /** Of the rendered faces of samples and measurements. */
  readonly level: Level;
  /** Of those of the training, mixed by weight. Default: {@link RunSettings.level} alone. */
  readonly levels?: readonly LevelShare[];
  readonly heldOut: number;
  readonly sampleEvery: number;
  readonly evaluateEvery: number;
  readonly saveEvery: number;
}

/** The settings of a preset that the command line may change. */
export interface Changes {
  readonly imageSize?: number;
  readonly batchSize?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly precision?: Precision;
  /** Default: procedural faces. */
  readonly data?: readonly DataChoice[];
  readonly judge?: string;
  readonly levels?: readonly LevelShare[];
  /** Fields of the recipe by dotted path. They take precedence over the learning rates of the preset. */
  readonly set?: RecipeChanges;
}

const PROCEDURAL: readonly DataChoice[] = [{ folder: null, weight: 1 }];

/** The levels of the rendered faces that a run trains on. */
export const levelsOf = ({ level, levels }: Pick<RunSettings, 'level' | 'levels'>): readonly LevelShare[] =>
  levels ?? [{ level, weight: 1 }];

/** The folders of the data sets on the disk, in order. */
export const foldersOf = ({ data }: Pick<RunSettings, 'data'>): string[] =>
  data.flatMap(({ folder }) => (folder === null ? [] : [folder]));

/** The same sources with other folders, in order. */
export function withFolders(data: readonly DataChoice[], folders: readonly string[]): DataChoice[] {
  let next = 0;
  return data.map((choice) => (choice.folder === null ? choice : { ...choice, folder: folders[next++] as string }));
}

/** The settings of a new run: the sizes of a preset, adapted to the recipe, with the given changes. */
export function newSettings(preset: Preset, base: Recipe, { set = {}, ...changes }: Changes = {}): RunSettings {
  const { name, about: _, rates, ...sizes } = preset;
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const fixed = { preset: name, seed: 1, precision: 'f32' as const, data: PROCEDURAL };
  const settings = { ...fixed, ...sizes, ...given, level: shownLevel(preset, changes) };
  const recipe = changedRecipe(atRates(base, rates, settings.steps), set);
  return {
    ...settings,
    generator: { ...settings.generator, head: recipe.head, skips: recipe.skips },
    discriminator: discriminatorOf(recipe, preset, settings.imageSize),
    recipe,
  };
}

/** The level of samples and measurements: the preset's, unless the training has others only. */
const shownLevel = ({ level }: Preset, { levels }: Changes): Level =>
  levels?.some((share) => share.level === level) ? level : (levels?.[0]?.level ?? level);

const LEAST_PROJECTED = 128; // smallest side in pixels that the projected discriminator accepts

/**
 * The discriminator of a recipe at the width of a preset. A projected discriminator is configured to enlarge images
 * that are too small for it.
 */
function discriminatorOf(recipe: Recipe, { discriminator }: Preset, imageSize: number): AnyDiscriminatorConfig {
  if (recipe.discriminator === 'patch') return discriminator;
  const fits = imageSize >= LEAST_PROJECTED && imageSize % 32 === 0;
  const inputSize = fits ? 0 : Math.max(LEAST_PROJECTED, 32 * Math.ceil(imageSize / 32));
  return { ...publishedProjected, width: discriminator.width, inputSize };
}

/** A recipe with the learning rates of a preset over `steps` steps, or unchanged if the preset has none. */
const atRates = (recipe: Recipe, rates: Rates | undefined, steps: number): Recipe =>
  rates
    ? {
        ...recipe,
        generatorOptimizer: { ...recipe.generatorOptimizer, learningRate: rates.generator },
        discriminatorOptimizer: { ...recipe.discriminatorOptimizer, learningRate: rates.discriminator },
        decaySteps: rates.decay ? steps : 0,
      }
    : recipe;

/** The settings that are stored in the notes of a checkpoint because the trainer does not store them itself. */
export function notesOf(settings: RunSettings) {
  const { preset, steps, data, judge, identities, level, levels } = settings;
  const { heldOut, sampleEvery, evaluateEvery, saveEvery } = settings;
  return {
    preset,
    steps,
    data,
    ...(judge !== undefined && { judge }),
    identities,
    level,
    ...(levels !== undefined && { levels }),
    heldOut,
    sampleEvery,
    evaluateEvery,
    saveEvery,
  };
}

/**
 * The settings of a run that is resumed from a checkpoint.
 *
 * @throws VisageError when the notes in the checkpoint are not those of {@link notesOf}.
 */
export function resumedSettings(header: CheckpointHeader, path: string): RunSettings {
  const { networks, recipe, seed, batchSize, imageSize, precision, notes } = header;
  if (!isNotes(notes))
    throw new VisageError(`${path}: was not written by \`visage train\`: its notes lack the settings of the run`);
  const { generator, discriminator } = networks;
  return { ...notes, data: dataIn(notes), recipe, generator, discriminator, seed, batchSize, imageSize, precision };
}

/**
 * The difficulty of the faces that a checkpoint of `visage train` was trained on; `undefined` for a checkpoint whose
 * notes lack the settings of a run.
 */
export const trainingLevel = ({ notes }: CheckpointHeader): Level | undefined =>
  isNotes(notes) ? notes.level : undefined;

/** Whether a checkpoint of `visage train` was trained on data sets, alone or among other sources. */
export const trainedOnPictures = ({ notes }: CheckpointHeader): boolean =>
  isNotes(notes) && foldersOf({ data: dataIn(notes) }).length > 0;

const MOST_SOURCES = 16;
const MOST_WEIGHT = 1e6;

/** The counts in the notes, each with the largest value that is accepted from a file. */
const MOST = {
  steps: 2 ** 31,
  identities: 2 ** 31,
  heldOut: 1000,
  sampleEvery: 2 ** 31,
  evaluateEvery: 2 ** 31,
  saveEvery: 2 ** 31,
} as const;

/** Notes of a run; older ones have the folder of a single source in place of `data`. */
type Notes = Omit<ReturnType<typeof notesOf>, 'data'> & { data?: unknown; folder?: string | null };

const dataIn = ({ data, folder = null }: Notes): readonly DataChoice[] =>
  isData(data) ? data : [{ folder, weight: 1 }];

const isWeight = (value: unknown): boolean => typeof value === 'number' && value > 0 && value <= MOST_WEIGHT;

function isLevels(value: unknown): value is readonly LevelShare[] {
  const isShare = (share: unknown): boolean => {
    const { level, weight } = (share ?? {}) as Record<string, unknown>;
    return levelNames.includes(level as Level) && isWeight(weight);
  };
  return Array.isArray(value) && value.length > 0 && value.length <= MOST_SOURCES && value.every(isShare);
}

const isFolder = (value: unknown): boolean => value === null || typeof value === 'string';

function isData(value: unknown): value is readonly DataChoice[] {
  const isChoice = (choice: unknown): boolean => {
    const { folder, weight } = (choice ?? {}) as Record<string, unknown>;
    return isFolder(folder) && isWeight(weight);
  };
  return Array.isArray(value) && value.length > 0 && value.length <= MOST_SOURCES && value.every(isChoice);
}

function isNotes(value: unknown): value is Notes {
  if (typeof value !== 'object' || value === null) return false;
  const notes = value as Record<string, unknown>;
  return (
    typeof notes.preset === 'string' &&
    (notes.judge === undefined || typeof notes.judge === 'string') &&
    (Array.isArray(notes.data) ? isData(notes.data) : isFolder(notes.folder)) &&
    levelNames.includes(notes.level as Level) &&
    (notes.levels === undefined || isLevels(notes.levels)) &&
    Object.entries(MOST).every(([name, most]) => {
      const count = notes[name] as number;
      return Number.isInteger(count) && count >= 1 && count <= most;
    })
  );
}

/** Describes the sources of a run's faces, with their shares if there are several. */
export function describeData({ data, levels }: Pick<RunSettings, 'data' | 'levels'>): string {
  const rendered = levels?.map(({ level, weight }) => ({ name: `rendered at ${level}`, weight }));
  const parts = data.flatMap(({ folder, weight }) =>
    folder === null && rendered ? sharing(rendered, weight) : [{ name: folder ?? 'procedural', weight }],
  );
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const share = (weight: number) => (parts.length > 1 ? ` (${Number(((100 * weight) / total).toFixed(1))} %)` : '');
  return parts.map(({ name, weight }) => `${name}${share(weight)}`).join(', ');
}

/** The same parts with weights that add up to `weight`. */
export function sharing<P extends { readonly weight: number }>(parts: readonly P[], weight: number): P[] {
  const total = parts.reduce((sum, part) => sum + part.weight, 0);
  return parts.map((part) => ({ ...part, weight: (weight * part.weight) / total }));
}

/** Describes the recipe and the discriminator of a run in one line of its log. */
export const describeRun = ({ recipe, discriminator }: RunSettings): string =>
  `recipe ${describeRecipe(recipe)}; discriminator: ${describeDiscriminator(discriminator)}`;

const PUBLISHED_LAYERS = 4; // downsampling layers of the published PatchGAN, which give five feature maps

/**
 * Describes a discriminator in one line, and names the published configuration where it differs. The number of feature
 * maps matters because it limits what weak feature matching can compare.
 */
export function describeDiscriminator(config: AnyDiscriminatorConfig): string {
  if (config.kind === 'projected') return `projected, at ${config.width} of the published width`;
  const { width, layers, scales } = config;
  const own = `PatchGAN at ${scales} scales, ${layers + 1} feature maps, ${width} of the published width`;
  if (layers === PUBLISHED_LAYERS && scales === 2 && width === 1) return `${own}, as published`;
  return `${own} (published: 2 scales, ${PUBLISHED_LAYERS + 1} maps)`;
}

/** Fields that {@link describeRecipe} always states, because they come from the preset. */
const RATES = ['generatorOptimizer.learningRate', 'discriminatorOptimizer.learningRate', 'decaySteps'];

/**
 * Describes a recipe in one line: its name, the fields that differ from the known recipe of that name, and the learning
 * rates of the preset.
 */
export function describeRecipe(recipe: Recipe): string {
  const { name, generatorOptimizer, discriminatorOptimizer, decaySteps } = recipe;
  const rates = `${generatorOptimizer.learningRate} (generator) and ${discriminatorOptimizer.learningRate} (discriminator)`;
  const falling = decaySteps > 0 ? `, to zero over ${decaySteps} steps` : '';
  const changes = changedFields(recipe);
  return `${name}${changes.length > 0 ? ` with ${changes.join(', ')}` : ''}, learning rates ${rates}${falling}`;
}

/**
 * The fields, except learning rates, in which a recipe differs from the known recipe of its name, such as
 * `weights.identity=20`.
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
