import { type SafetensorsFile, seeded } from '@visage/nn';
import {
  buildDiscriminator,
  Generator,
  type IdentityNetwork,
  type IdentityResize,
  loadSwapper,
  ProceduralPairs,
  paper,
  readCheckpointHeader,
  Trainer,
} from '@visage/simswap';
import { newSettings } from '../../settings/settings.ts';
import { type Spent, spend } from '../plan/budget.ts';
import type { ComparedSystem, ComparisonSettings } from './system.ts';

/** Trains SimSwap by the paper's recipe, at the learning rates of the preset. */
export async function trainSimSwap(settings: ComparisonSettings): Promise<ComparedSystem> {
  const { preset, imageSize, level, budget, seed, identity, set } = settings;
  let generator: Generator | undefined;
  const spent = await spend(budget, 1, (steps) => {
    const run = newSettings(preset, paper, { imageSize, steps, seed, set });
    const { batchSize, identities } = run;
    const data = new ProceduralPairs({ batchSize, imageSize: run.imageSize, identities, seed: run.seed, level });
    const players = {
      generator: seeded(seed, () => new Generator({ ...run.generator, latent: identity.config.embedding })),
      discriminator: seeded(seed + 1, () => buildDiscriminator(run.discriminator)),
    };
    const trainer = new Trainer({ ...players, identity, data, recipe: run.recipe, seed });
    generator = trainer.average;
    return {
      networks: [players.generator, players.discriminator, trainer.average],
      run: (count) => trainer.run({ until: trainer.step + count }),
      dispose: () => {
        trainer.dispose();
        data.dispose();
      },
    };
  });
  return systemOf('SimSwap', spent, generator!, identity, paper.identityResize);
}

/** SimSwap from a checkpoint, regardless of the budget that its training took. */
export function savedSimSwap(file: SafetensorsFile): ComparedSystem {
  const { recipe, step } = readCheckpointHeader(file);
  const { generator, identity } = loadSwapper(file);
  const spent = { steps: step, seconds: Number.NaN };
  return systemOf('SimSwap, checkpoint', spent, generator, identity, recipe.identityResize);
}

const systemOf = (
  name: string,
  spent: Spent,
  generator: Generator,
  identity: IdentityNetwork,
  resizing: IdentityResize,
): ComparedSystem => ({
  name,
  spent,
  parameters: generator.parameterCount,
  swap: (target, source) => generator.swap(target, identity.latent(source, resizing)),
});
