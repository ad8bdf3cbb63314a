import { listFaceFolder } from '@visage/faces/node';
import { currentGpu, VisageError } from '@visage/gpu';
import { buildFor, seeded } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import {
  buildDiscriminator,
  buildIdentityNetwork,
  Generator,
  type IdentityNetwork,
  ProceduralPairs,
  ProjectedDiscriminator,
  readCheckpointHeader,
  Swapper,
  Trainer,
  type TrainingData,
} from '@visage/simswap';
import { FolderPairs } from './folderPairs.ts';
import { folderSamples, proceduralSamples, type SampleFaces } from './samples.ts';
import { type RunSettings, resumedSettings } from './settings.ts';
import { loadFeatureNetwork, loadIdentityNetwork } from './weights.ts';

/** A run that is ready to train. */
export interface TrainingRun {
  readonly settings: RunSettings;
  readonly trainer: Trainer;
  /** Swaps with the moving average of the generator. */
  readonly swapper: Swapper;
  readonly samples: SampleFaces;
}

const HELD_OUT_FOLDERS = 8; // people of a data set that are kept for the sample grids

/**
 * Builds the networks and data of a new run; its generator takes the latents of the given identity network, whatever their length.
 *
 * @param featuresPath weights of the feature network of a projected discriminator, which decide its width.
 */
export async function newRun(settings: RunSettings, identityPath: string, featuresPath?: string): Promise<TrainingRun> {
  const identity = await loadIdentityNetwork(identityPath);
  const generator = { ...settings.generator, latent: identity.config.embedding };
  const features = await featuresFor(settings, featuresPath);
  const adapted = { ...settings, generator, discriminator: features?.config ?? settings.discriminator };
  const networks = players(adapted);
  if (features && networks.discriminator instanceof ProjectedDiscriminator) features.load(networks.discriminator);
  return prepare(adapted, { ...networks, identity });
}

/** A new run whose speed is measured and nothing else: what has pretrained weights takes those that it was built with. */
export async function measuredRun(settings: RunSettings, identity: IdentityNetwork): Promise<TrainingRun> {
  const adapted = { ...settings, generator: { ...settings.generator, latent: identity.config.embedding } };
  return prepare(adapted, { ...players(adapted), identity });
}

/** The projected discriminator of a run around the feature network of a file; nothing for a PatchGAN. */
async function featuresFor({ discriminator, recipe }: RunSettings, path: string | undefined) {
  if (discriminator.kind !== 'projected') return undefined;
  if (path === undefined) {
    throw new VisageError(
      `recipe ${recipe.name}: its discriminator looks through a pretrained EfficientNet-lite0; name its weights with --features (examples/10-efficientnet-features.ts trains some, or import an ImageNet file)`,
    );
  }
  const { width, load } = await loadFeatureNetwork(path);
  const config = { ...discriminator, featureWidth: width };
  return { config, load: ({ backbone }: ProjectedDiscriminator) => load(backbone) };
}

/** Goes on from a checkpoint; `changes` may extend the run. */
export async function resumedRun(path: string, changes: { readonly steps?: number } = {}): Promise<TrainingRun> {
  const file = await loadSafetensors(path);
  const header = readCheckpointHeader(file);
  const settings = extended(resumedSettings(header, path), changes.steps);
  if (settings.steps <= header.step) {
    throw new VisageError(
      `${path}: has done ${header.step} of ${settings.steps} steps already; ask for more with --steps`,
    );
  }
  const networks = buildFor(file, () => ({
    ...players(settings),
    identity: buildIdentityNetwork(header.networks.identity),
  }));
  const run = await prepare(settings, networks);
  run.trainer.restore(file);
  return run;
}

/**
 * The same run with another number of steps. Learning rates that fall over the whole run then fall over the new one: they would be zero beyond the old end. Those that were set to fall over
 * another number of steps stay.
 */
function extended(settings: RunSettings, steps = settings.steps): RunSettings {
  const { recipe } = settings;
  const overAll = recipe.decaySteps === settings.steps;
  return { ...settings, steps, recipe: overAll ? { ...recipe, decaySteps: steps } : recipe };
}

/** The two networks that are trained, with initial weights by the seed. */
const players = ({ seed, generator, discriminator }: RunSettings) => ({
  generator: seeded(seed, () => new Generator(generator)),
  discriminator: seeded(seed + 1, () => buildDiscriminator(discriminator)),
});

interface Networks extends ReturnType<typeof players> {
  readonly identity: IdentityNetwork;
}

async function prepare(settings: RunSettings, networks: Networks): Promise<TrainingRun> {
  const { recipe, seed, precision, imageSize, level, folder } = settings;
  const { data, samples } = folder
    ? await folderFaces(folder, settings)
    : { data: new ProceduralPairs({ ...settings, seed }), samples: proceduralSamples(imageSize, level) };
  // A software adapter takes about a second per step: show each. On a GPU every reading would make it wait.
  const readEvery = currentGpu().adapter.software ? 1 : 10;
  const trainer = new Trainer({ ...networks, data, recipe, seed, precision, readEvery });
  const { average: generator, foldedIdentity: identity } = trainer; // the swapper would fold the network a second time
  const swapper = new Swapper({ generator, identity, identityResize: recipe.identityResize });
  return { settings, trainer, swapper, samples };
}

/** People of a data set on disk; the last few are for the sample grids only. */
async function folderFaces(
  folder: string,
  { batchSize, imageSize, seed }: RunSettings,
): Promise<{ data: TrainingData; samples: SampleFaces }> {
  const people = await listFaceFolder(folder);
  if (people.length < HELD_OUT_FOLDERS + 2) {
    throw new VisageError(
      `${folder}: holds ${people.length} people; training needs at least ${HELD_OUT_FOLDERS + 2}, of whom ${HELD_OUT_FOLDERS} are kept for the samples`,
    );
  }
  const identities = people.slice(0, -HELD_OUT_FOLDERS);
  const shown = people.slice(-HELD_OUT_FOLDERS).map(({ files }) => files[0] as string);
  return {
    data: new FolderPairs({ identities, batchSize, imageSize, seed }),
    samples: await folderSamples(shown, imageSize),
  };
}
