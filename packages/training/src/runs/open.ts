import { resolve } from 'node:path';
import type { Level } from '@visage/faces';
import { currentGpu, VisageError } from '@visage/gpu';
import { buildFor, seeded } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import {
  type AnyDiscriminatorConfig,
  buildDiscriminator,
  buildIdentityNetwork,
  type CheckpointHeader,
  Generator,
  type GradientExchange,
  type IdentityNetwork,
  ProjectedDiscriminator,
  readCheckpointHeader,
  Swapper,
  Trainer,
} from '@visage/simswap';
import { openDataSet } from '../data/dataSet.ts';
import { runStateOf } from '../data/stored.ts';
import { builtInIdentity } from '../networks/builtIn.ts';
import { loadFaces, loadFeatureNetwork, loadIdentityNetwork } from '../networks/load.ts';
import { foldersOf, levelsOf, type RunSettings, resumedSettings, withFolders } from '../settings/settings.ts';
import { foundAgain } from './found.ts';
import { continuedGenerator, startingWeights } from './from.ts';
import { pictureSamples, proceduralSamples, type SampleFaces } from './samples.ts';
import { type OpenedData, openedData, runData, type SourceChanges } from './sources.ts';

/** A run that is ready to train. */
export interface TrainingRun {
  readonly settings: RunSettings;
  readonly trainer: Trainer;
  /** Swaps with the moving average of the generator. */
  readonly swapper: Swapper;
  readonly samples: SampleFaces;
  /** The data sets on the disk, in the order of the settings; none for a run on procedural faces alone. */
  readonly dataSets: readonly OpenedData[];
  /** A warning that the user must see before the run continues. */
  readonly warning?: string;
}

/** The levels of all faces that a run renders, to train on and to measure. */
const shownLevels = (settings: RunSettings): Level[] => [
  settings.level,
  ...levelsOf(settings).map(({ level }) => level),
];

/** The settings that may change when a run is resumed from a checkpoint. */
export interface ResumeChanges extends SourceChanges {
  /** Total number of steps. */
  readonly steps?: number;
  /** Connects this device with others. Their number may differ from that of the run so far. */
  readonly exchange?: GradientExchange;
}

/** What connects this device with others. */
export interface Exchanging {
  readonly exchange: GradientExchange;
  /** Steps between two exchanges. */
  readonly syncEvery: number;
}

/**
 * Builds the networks and the data of a new run. The latent length of the generator is set to that of the given
 * identity network.
 *
 * @param identityPath the identity network. Default: that of the checkpoint at `fromPath`, else the built-in one for
 * the settings' level.
 * @param featuresPath weights of the feature network of a projected discriminator, which determine its width.
 * @param fromPath a checkpoint or a generator to begin with, whose sizes take the place of the settings'.
 * @param exchange connects this device with others, each of which trains on as many pairs as the settings say.
 * @throws VisageError when a projected discriminator has no `featuresPath`, when the data set is too small, or when the
 * weights do not fit the recipe or the identity network.
 */
export async function newRun(
  settings: RunSettings,
  identityPath?: string,
  featuresPath?: string,
  fromPath?: string,
  exchange?: Exchanging,
): Promise<TrainingRun> {
  await loadFaces(shownLevels(settings));
  const dataSets: OpenedData[] = [];
  for (const folder of foldersOf(settings)) dataSets.push(openedData(await openDataSet(resolve(folder)), settings));
  const from = fromPath === undefined ? undefined : await startingWeights(fromPath);
  const own = identityPath === undefined ? from?.identity?.() : undefined;
  const identity = own ?? (await loadIdentityNetwork(identityPath ?? builtInIdentity(settings.level)));
  const { embedding: latent } = identity.config;
  const generator = from
    ? continuedGenerator(fromPath as string, from, settings.recipe, latent)
    : { ...settings.generator, latent };
  const features = await featuresFor(settings, featuresPath);
  const kept = from?.discriminator;
  const discriminator = sameKind(kept, settings.discriminator) ? kept : settings.discriminator;
  const adapted = {
    ...settings,
    data: withFolders(
      settings.data,
      dataSets.map(({ dataSet }) => dataSet.folder),
    ),
    generator,
    discriminator: features?.config ?? discriminator,
  };
  const networks = players(adapted);
  if (features && networks.discriminator instanceof ProjectedDiscriminator) features.load(networks.discriminator);
  from?.load(networks);
  return prepare(adapted, { ...networks, identity }, dataSets, exchange);
}

/**
 * Builds a new run for a measurement of speed. A network that usually has pretrained weights keeps its initial weights.
 */
export async function measuredRun(settings: RunSettings, identity: IdentityNetwork): Promise<TrainingRun> {
  await loadFaces(shownLevels(settings));
  const adapted = { ...settings, generator: { ...settings.generator, latent: identity.config.embedding } };
  return prepare(adapted, { ...players(adapted), identity }, []);
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
 * @throws FileError when a data set is not the one that the run began with, unless `allowOtherData` is set.
 * @throws VisageError when the checkpoint has reached its number of steps already, or when a data set is not found.
 */
export async function resumedRun(path: string, changes: ResumeChanges = {}): Promise<TrainingRun> {
  const file = await loadSafetensors(path);
  const header = readCheckpointHeader(file);
  const saved = resumedSettings(header, path);
  await loadFaces(shownLevels(saved));
  const { finished } = runStateOf(header);
  const steps = changes.steps ?? saved.steps;
  if (steps < header.step || (steps === header.step && finished)) {
    throw new VisageError(`${path}: has done ${header.step} of ${steps} steps already; ask for more with \`steps\``);
  }
  const { dataSets, warning } = await foundAgain(path, header, saved, changes);
  const folders = dataSets.map(({ dataSet }) => dataSet.folder);
  const settings = extended({ ...saved, data: withFolders(saved.data, folders) }, steps);
  const networks = buildFor(file, () => ({
    ...players(settings),
    identity: buildIdentityNetwork(header.networks.identity),
  }));
  const { exchange } = changes;
  const run = await prepare(settings, networks, dataSets, exchange && { exchange, syncEvery: header.syncEvery });
  run.trainer.restore(file);
  const warnings = [warning, otherRanks(header, run.trainer.ranks)].filter((each) => each !== undefined);
  return { ...run, ...(warnings.length > 0 && { warning: warnings.join('; ') }) };
}

/** What changes when a run goes on with another number of devices. */
function otherRanks({ ranks, batchSize }: CheckpointHeader, now: number): string | undefined {
  if (ranks === now) return undefined;
  const product = (count: number) => `${count * batchSize} = ${count} x ${batchSize}`;
  return `the batch of a step is ${product(now)} from here on, and was ${product(ranks)}: other pictures and other noise in the gradients; learning rates stay as they are`;
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

/** Whether weights are of a discriminator of the kind that a run has. */
const sameKind = <D extends AnyDiscriminatorConfig>(
  weights: D | undefined,
  wanted: AnyDiscriminatorConfig,
): weights is D => weights !== undefined && (weights.kind ?? 'patch') === (wanted.kind ?? 'patch');

/** The two trained networks, with initial weights drawn from the seed. */
const players = ({ seed, generator, discriminator }: RunSettings) => ({
  generator: seeded(seed, () => new Generator(generator)),
  discriminator: seeded(seed + 1, () => buildDiscriminator(discriminator)),
});

interface Networks extends ReturnType<typeof players> {
  readonly identity: IdentityNetwork;
}

async function prepare(
  settings: RunSettings,
  networks: Networks,
  dataSets: readonly OpenedData[],
  connected?: Exchanging,
): Promise<TrainingRun> {
  const { recipe, seed, precision } = settings;
  const data = runData(settings, dataSets, connected?.exchange);
  const samples = await samplesOf(settings, dataSets);
  // A software adapter takes about a second per step, so every step is reported. A GPU would have to wait at every
  // reading.
  const readEvery = currentGpu().adapter.software ? 1 : 10;
  const trainer = new Trainer({ ...networks, data, recipe, seed, precision, readEvery, ...connected });
  const { average: generator, foldedIdentity: identity } = trainer; // avoids folding it twice
  const swapper = new Swapper({ generator, identity, identityResize: recipe.identityResize });
  return { settings, trainer, swapper, samples, dataSets };
}

/** Samples of people who are held out of the first data set, or of procedural people. */
async function samplesOf({ imageSize, level }: RunSettings, [first]: readonly OpenedData[]): Promise<SampleFaces> {
  return first ? pictureSamples(first.split.heldOut, first.pictures) : proceduralSamples(imageSize, level);
}
