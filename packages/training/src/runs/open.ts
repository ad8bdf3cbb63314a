import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { currentGpu, VisageError } from '@visage/gpu';
import { buildFor, seeded } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import {
  buildDiscriminator,
  buildIdentityNetwork,
  type CheckpointHeader,
  Generator,
  type IdentityNetwork,
  ProceduralPairs,
  ProjectedDiscriminator,
  readCheckpointHeader,
  Swapper,
  Trainer,
  type TrainingData,
} from '@visage/simswap';
import { checkSameData, type DataSet, openDataSet, runStateOf, sameData, whereStored } from '../data/dataSet.ts';
import { FolderPairs } from '../data/folderPairs.ts';
import { Pictures } from '../data/pictures.ts';
import { loadFeatureNetwork, loadIdentityNetwork } from '../networks/load.ts';
import { type RunSettings, resumedSettings } from '../settings/settings.ts';
import { folderSamples, proceduralSamples, type SampleFaces, sampledPeople } from './samples.ts';

/** A run that is ready to train. */
export interface TrainingRun {
  readonly settings: RunSettings;
  readonly trainer: Trainer;
  /** Swaps with the moving average of the generator. */
  readonly swapper: Swapper;
  readonly samples: SampleFaces;
  /** The data set on the disk; `undefined` for procedural faces. */
  readonly dataSet?: DataSet;
  /** Reads the pictures of the data set and records which are bad. */
  readonly pictures?: Pictures;
  /** A warning that the user must see before the run continues. */
  readonly warning?: string;
}

/** The settings that may change when a run is resumed from a checkpoint. */
export interface ResumeChanges {
  /** Total number of steps. */
  readonly steps?: number;
  /** The current folder of the data set. */
  readonly folder?: string;
  /** Resume even if the data set differs from the one that the run began with. */
  readonly allowOtherData?: boolean;
}

/**
 * Builds the networks and the data of a new run. The latent length of the generator is set to that of the given
 * identity network.
 *
 * @param featuresPath weights of the feature network of a projected discriminator, which determine its width.
 * @throws VisageError when a projected discriminator has no `featuresPath`, or when the data set is too small.
 */
export async function newRun(settings: RunSettings, identityPath: string, featuresPath?: string): Promise<TrainingRun> {
  const dataSet = settings.folder === null ? undefined : await openDataSet(resolve(settings.folder));
  const identity = await loadIdentityNetwork(identityPath);
  const generator = { ...settings.generator, latent: identity.config.embedding };
  const features = await featuresFor(settings, featuresPath);
  const adapted = {
    ...settings,
    folder: dataSet?.folder ?? null,
    generator,
    discriminator: features?.config ?? settings.discriminator,
  };
  const networks = players(adapted);
  if (features && networks.discriminator instanceof ProjectedDiscriminator) features.load(networks.discriminator);
  return prepare(adapted, { ...networks, identity }, dataSet);
}

/**
 * Builds a new run for a measurement of speed. A network that usually has pretrained weights keeps its initial weights.
 */
export async function measuredRun(settings: RunSettings, identity: IdentityNetwork): Promise<TrainingRun> {
  const adapted = { ...settings, generator: { ...settings.generator, latent: identity.config.embedding } };
  return prepare(adapted, { ...players(adapted), identity });
}

/**
 * The configuration of a projected discriminator with the feature network of a file, and a function that loads the
 * weights; `undefined` for a PatchGAN.
 */
async function featuresFor({ discriminator, recipe }: RunSettings, path: string | undefined) {
  if (discriminator.kind !== 'projected') return undefined;
  if (path === undefined) {
    throw new VisageError(
      `recipe ${recipe.name}: its discriminator looks through a pretrained EfficientNet-lite0; name its weights with \`featuresPath\` (examples/10-efficientnet-features.ts trains some, or import an ImageNet file)`,
    );
  }
  const { width, load } = await loadFeatureNetwork(path);
  const config = { ...discriminator, featureWidth: width };
  return { config, load: ({ backbone }: ProjectedDiscriminator) => load(backbone) };
}

/**
 * Resumes a run from a checkpoint; `changes` may extend the run and name the current folder of its data set.
 *
 * @throws FileError when the data set is not the one that the run began with, unless `allowOtherData` is set.
 * @throws VisageError when the checkpoint has reached its number of steps already, or when its data set is not found.
 */
export async function resumedRun(path: string, changes: ResumeChanges = {}): Promise<TrainingRun> {
  const file = await loadSafetensors(path);
  const header = readCheckpointHeader(file);
  const saved = resumedSettings(header, path);
  const { finished } = runStateOf(header);
  const steps = changes.steps ?? saved.steps;
  if (steps < header.step || (steps === header.step && finished)) {
    throw new VisageError(`${path}: has done ${header.step} of ${steps} steps already; ask for more with \`steps\``);
  }
  const { dataSet, warning } = await dataSetOf(path, header, saved, changes);
  const settings = extended({ ...saved, folder: dataSet?.folder ?? null }, steps);
  const networks = buildFor(file, () => ({
    ...players(settings),
    identity: buildIdentityNetwork(header.networks.identity),
  }));
  const run = await prepare(settings, networks, dataSet);
  run.trainer.restore(file);
  return { ...run, ...(warning !== undefined && { warning }) };
}

/** The data set of a resumed run: the folder that the caller names, or else the one that the checkpoint names. */
async function dataSetOf(
  path: string,
  header: CheckpointHeader,
  saved: RunSettings,
  { folder, allowOtherData = false }: ResumeChanges,
): Promise<Pick<TrainingRun, 'dataSet' | 'warning'>> {
  if (saved.folder === null) {
    if (folder === undefined) return {};
    throw new VisageError(
      `${path}: was trained on procedural faces and cannot go on with ${folder}; leave \`folder\` out`,
    );
  }
  const { data } = runStateOf(header);
  const where = folder ?? (data ? whereStored(data, dirname(path)) : saved.folder);
  if (folder === undefined && !existsSync(where))
    throw new VisageError(`${path}: its data set lay in ${where}, where there is nothing now; name it with \`folder\``);
  const dataSet = await openDataSet(resolve(where));
  if (!data)
    return { dataSet, warning: `${path} does not say which pictures it was trained on; these are not compared` };
  if (sameData(dataSet.fingerprint, data.fingerprint)) return { dataSet };
  if (!allowOtherData) checkSameData(dataSet, data, path);
  const { people, pictures } = data.fingerprint;
  return {
    dataSet,
    warning: `the data set changed here: before, ${people} people, ${pictures} pictures in ${data.path}`,
  };
}

/**
 * The settings of the same run with another number of steps. If the learning rates fell to zero over the whole run,
 * they now fall over the new length; otherwise they would be zero after the old end. A decay over any other number of
 * steps is kept.
 */
function extended(settings: RunSettings, steps = settings.steps): RunSettings {
  const { recipe } = settings;
  const overAll = recipe.decaySteps === settings.steps;
  return { ...settings, steps, recipe: overAll ? { ...recipe, decaySteps: steps } : recipe };
}

/** The two trained networks, with initial weights drawn from the seed. */
const players = ({ seed, generator, discriminator }: RunSettings) => ({
  generator: seeded(seed, () => new Generator(generator)),
  discriminator: seeded(seed + 1, () => buildDiscriminator(discriminator)),
});

interface Networks extends ReturnType<typeof players> {
  readonly identity: IdentityNetwork;
}

async function prepare(settings: RunSettings, networks: Networks, dataSet?: DataSet): Promise<TrainingRun> {
  const { recipe, seed, precision, batchSize, imageSize, identities, level } = settings;
  const { data, ...faces } = dataSet
    ? await folderFaces(dataSet, settings)
    : {
        data: new ProceduralPairs({ batchSize, imageSize, identities, level, seed }),
        samples: proceduralSamples(imageSize, level),
      };
  // A software adapter takes about a second per step, so every step is reported. A GPU would have to wait at every
  // reading.
  const readEvery = currentGpu().adapter.software ? 1 : 10;
  const trainer = new Trainer({ ...networks, data, recipe, seed, precision, readEvery });
  const { average: generator, foldedIdentity: identity } = trainer; // avoids folding it twice
  const swapper = new Swapper({ generator, identity, identityResize: recipe.identityResize });
  return { settings, trainer, swapper, ...faces };
}

/**
 * The training data and the samples of a data set on the disk. The last {@link sampledPeople} people appear only in the
 * sample grids.
 */
async function folderFaces(
  dataSet: DataSet,
  { batchSize, imageSize, seed }: RunSettings,
): Promise<Pick<TrainingRun, 'samples' | 'dataSet' | 'pictures'> & { data: TrainingData }> {
  const { folder, identities: people } = dataSet;
  if (people.length < sampledPeople + 2) {
    throw new VisageError(
      `${folder}: holds ${people.length} people; training needs at least ${sampledPeople + 2}, of whom ${sampledPeople} are kept for the samples`,
    );
  }
  const identities = people.slice(0, -sampledPeople);
  const pictures = new Pictures(folder, imageSize);
  return {
    data: new FolderPairs({ identities, batchSize, imageSize, seed, pictures }),
    samples: await folderSamples(people.slice(-sampledPeople), pictures),
    dataSet,
    pictures,
  };
}
