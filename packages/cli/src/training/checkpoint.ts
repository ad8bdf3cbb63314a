import { VisageError } from '@visage/gpu';
import {
  type CheckpointGroups,
  checkpointState,
  loadModule,
  networkDescription,
  restoreCheckpoint,
  type SafetensorsFile,
  saveCheckpoint,
} from '@visage/nn';
import { loadSafetensors, saveFile } from '@visage/nn/node';
import {
  buildIdentityNetwork,
  Generator,
  type IdentityNetwork,
  readGeneratorConfig,
  readIdentityConfig,
  type Trainer,
} from '@visage/simswap';

const ARCHITECTURE = 'simswap';

/** What a run was told, so that it can be resumed without telling it again. Plain JSON. */
export interface RunState {
  readonly step: number;
  readonly [setting: string]: unknown;
}

/** The parts of a trainer under which a checkpoint files its tensors, and the identity network, so that the file can swap by itself. */
function groupsOf(trainer: Trainer): CheckpointGroups {
  const { generator, discriminator, average, identity } = trainer;
  const under = (part: string) =>
    new Map(
      [...trainer.stateDict()].flatMap(([name, x]) => (name.startsWith(part) ? [[name.slice(part.length), x]] : [])),
    );
  return {
    generator,
    discriminator,
    average,
    identity,
    generatorOptimizer: under('generatorOptimizer.'),
    discriminatorOptimizer: under('discriminatorOptimizer.'),
  };
}

/** Writes everything that a run needs to continue bit for bit; a run killed meanwhile leaves the checkpoint before. */
export async function writeCheckpoint(path: string, trainer: Trainer, settings: Omit<RunState, 'step'>): Promise<void> {
  const config = {
    generator: trainer.generator.config,
    discriminator: trainer.discriminator.config,
    identity: trainer.identity.config,
  };
  const state = { ...settings, step: trainer.step };
  await saveFile(path, await saveCheckpoint(groupsOf(trainer), { architecture: ARCHITECTURE, config, state }));
}

/** A checkpoint that was read, with its header checked. */
export interface OpenedCheckpoint {
  readonly file: SafetensorsFile;
  readonly config: Readonly<Record<string, unknown>>;
  readonly state: RunState;
}

/**
 * Reads a checkpoint of `visage train` or `visage start`.
 *
 * @throws VisageError in one line for a file that is missing, truncated, or of another architecture.
 */
export async function openCheckpoint(path: string): Promise<OpenedCheckpoint> {
  const file = await loadSafetensors(path);
  const description = networkDescription(file);
  if (description?.architecture !== ARCHITECTURE) {
    const got = description
      ? `of architecture '${description.architecture}'`
      : 'a safetensors file that names no architecture';
    throw new VisageError(`${path}: is ${got}, expected a checkpoint that \`visage train\` wrote ('${ARCHITECTURE}')`);
  }
  const state = checkpointState(file);
  if (typeof description.config !== 'object' || description.config === null || !isState(state)) {
    throw new VisageError(`${path}: its configuration or training state is damaged`);
  }
  return { file, config: description.config as Readonly<Record<string, unknown>>, state };
}

const isState = (value: unknown): value is RunState =>
  typeof value === 'object' && value !== null && Number.isSafeInteger((value as RunState).step);

/** The networks of a checkpoint that swap: the averaged generator and the identity network. */
export function swapNetworks({ file, config }: OpenedCheckpoint): { generator: Generator; identity: IdentityNetwork } {
  const generator = new Generator(readGeneratorConfig(config.generator));
  const identity = buildIdentityNetwork(readIdentityConfig(config.identity));
  loadModule(generator, file, { prefix: 'average/' });
  loadModule(identity, file, { prefix: 'identity/' });
  return { generator, identity };
}

/** Gives a trainer of the same networks the state of a checkpoint. */
export function restoreTrainer(trainer: Trainer, { file, state }: OpenedCheckpoint): void {
  restoreCheckpoint(groupsOf(trainer), file);
  trainer.step = state.step;
}
