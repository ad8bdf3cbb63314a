import { cosineSchedule, type Module, seeded } from '@visage/nn';
import {
  AeiNet,
  AeiTrainer,
  Discriminator,
  FaceShifter,
  faceShifterPaper,
  HearNet,
  HearTrainer,
  ProceduralPairs,
} from '@visage/simswap';
import { spend, stepByStep, type Training, together } from '../plan/budget.ts';
import type { ComparedSystem, ComparisonSettings } from './system.ts';

/**
 * Share of the budget for the first stage. The paper gives it ten times the steps of the second stage, whose steps take
 * longer.
 */
const FIRST_STAGE = 0.8;
const HEAR_LEVELS = 4;

/**
 * Trains FaceShifter by the recipe of its paper. Its networks have SimSwap's width, and as many levels as leave feature
 * maps of 2 × 2 or 3 × 3.
 */
export async function trainFaceShifter(settings: ComparisonSettings): Promise<ComparedSystem> {
  const { preset, imageSize, budget, seed, identity } = settings;
  const { width } = preset.generator;
  const embedding = identity.config.embedding;
  const levels = Math.floor(Math.log2(imageSize / 2));
  let aei: AeiNet | undefined;
  const first = await spend(budget, FIRST_STAGE, (steps) => {
    const network = seeded(seed, () => new AeiNet({ width, levels, imageSize, identity: embedding, taper: 'late' }));
    // Public ports use three scales with three downsampling layers each, which need images of 256 pixels.
    const scales = imageSize < 48 ? 2 : 3;
    const discriminator = seeded(seed + 1, () => new Discriminator({ width, layers: 2, scales }));
    const data = pairs(settings);
    const trainer = new AeiTrainer({ network, discriminator, identity, data });
    aei = network;
    return falling(trainer, steps, data, [network, discriminator]);
  });
  let faceShifter: FaceShifter | undefined;
  const second = await spend(budget, 1 - FIRST_STAGE, (steps) => {
    const hear = seeded(seed + 2, () => new HearNet({ width, levels: HEAR_LEVELS }));
    faceShifter = new FaceShifter({ aei: aei!, hear, identity });
    const data = pairs(settings);
    return falling(new HearTrainer({ faceShifter, data, seed }), steps, data, [hear]);
  });
  const trained = faceShifter!.eval();
  return {
    name: 'FaceShifter',
    spent: together([first, second]),
    parameters: trained.aei.parameterCount + trained.hear.parameterCount,
    swap: (target, source) => trained.swap(target, identity.latent(source)),
  };
}

const pairs = ({ preset, imageSize, level, seed }: ComparisonSettings): ProceduralPairs =>
  new ProceduralPairs({ batchSize: preset.batchSize, identities: preset.identities, imageSize, level, seed });

/** A training whose learning rate decays to zero over its steps, as SimSwap's does. */
function falling(
  trainer: AeiTrainer | HearTrainer,
  steps: number,
  data: ProceduralPairs,
  networks: readonly Module[],
): Training {
  const rate = cosineSchedule({ rate: faceShifterPaper.optimizer.learningRate, steps });
  return {
    networks,
    run: stepByStep(() => {
      trainer.learningRate = rate(trainer.step);
      return trainer.run();
    }),
    dispose: () => {
      trainer.dispose();
      data.dispose();
    },
  };
}
