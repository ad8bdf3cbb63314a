import { renderFaces } from '@visage/faces';
import { currentGpu } from '@visage/gpu';
import { cosineSchedule, seeded } from '@visage/nn';
import { DeepFakes, DeepFakesTrainer, originalDeepFakesRecipe, originalWarp } from '@visage/simswap';
import { concat, keep, scope, type Tensor } from '@visage/tensor';
import { type Spent, spend, stepByStep, together } from '../plan/budget.ts';
import { albumOf } from '../plan/swaps.ts';
import type { ComparedSystem, ComparisonSettings } from './system.ts';

/** The name of DeepFakes in results. */
export const DEEPFAKES = 'DeepFakes';

const ALBUM = 256; // photos of each person, or as many as fit into one buffer of the device
const RENDERED_AT_ONCE = 32;
/**
 * The original's 5e-5 is meant for weeks of training 82 million parameters. At 1e-3, two of four couples ended in
 * saturated pictures within 1500 steps.
 */
const LEARNING_RATE = 3e-4;
const WARM_UP = 0.05; // share of the steps

/**
 * Trains DeepFakes, with one network for each couple. The networks have half SimSwap's width. The settings are the
 * original's, except for the learning rate and for warp grids that cover the whole picture.
 */
export async function trainDeepFakes(settings: ComparisonSettings): Promise<ComparedSystem> {
  const { preset, imageSize, budget, plan, seed } = settings;
  const networks: DeepFakes[] = [];
  const spent: Spent[] = [];
  for (let couple = 0; couple < plan.couples; couple++) {
    const photos = { A: album(2 * couple, settings), B: album(2 * couple + 1, settings) };
    const make = () => seeded(seed + couple, () => new DeepFakes({ width: preset.generator.width / 2, imageSize }));
    const recipe = {
      ...originalDeepFakesRecipe,
      batchSize: preset.batchSize,
      optimizer: { ...originalDeepFakesRecipe.optimizer, learningRate: LEARNING_RATE },
      warp: { ...originalWarp, coverage: 1 },
    };
    spent.push(
      await spend(budget, 1 / plan.couples, (steps) => {
        const network = make();
        const trainer = new DeepFakesTrainer({ network, photos, recipe, seed: seed + couple });
        const rate = cosineSchedule({ rate: LEARNING_RATE, steps, warmup: Math.floor(WARM_UP * steps) });
        networks[couple] = network;
        return {
          networks: [network],
          run: stepByStep(() => {
            trainer.learningRate = rate(trainer.step);
            trainer.run();
          }),
          dispose: () => trainer.dispose(),
        };
      }),
    );
    for (const x of Object.values(photos)) x.dispose();
  }
  for (const network of networks) network.eval();
  return {
    name: DEEPFAKES,
    spent: together(spent),
    parameters: networks.reduce((sum, network) => sum + network.parameterCount, 0),
    swap: (target, _source, wanted) => networks[wanted >> 1]!.forward(target, wanted % 2 === 0 ? 'A' : 'B'),
  };
}

/** The training photos of a person of the plan, [photos, S, S, 3]: {@link ALBUM}, or fewer for a few steps. */
function album(person: number, { imageSize, level, plan, budget, preset }: ComparisonSettings): Tensor {
  const { maxStorageBufferBindingSize, maxBufferSize } = currentGpu().device.limits;
  const fitting = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / (imageSize ** 2 * 3 * 4));
  const shown = budget.steps ? preset.batchSize * Math.ceil(budget.steps / plan.couples) : ALBUM;
  const photos = Math.min(ALBUM, fitting, shown);
  const all = albumOf(plan, person, ALBUM);
  return keep(
    scope(() => {
      const parts: Tensor[] = [];
      for (let from = 0; from < photos; from += RENDERED_AT_ONCE) {
        const [identities, attributes] = [all.identities, all.attributes].map((x) =>
          x.slice(from, Math.min(photos, from + RENDERED_AT_ONCE)),
        ) as [Uint32Array, Uint32Array];
        parts.push(renderFaces({ identities, attributes, size: imageSize, level }));
      }
      return concat(parts, 0);
    }),
  );
}
