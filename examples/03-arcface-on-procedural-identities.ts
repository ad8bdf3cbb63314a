/**
 * An identity network, trained from scratch to tell procedural people apart with ArcFace's margin, and tested on people
 * it never saw.
 *
 *     node --import ./scripts/register.mjs examples/03-arcface-on-procedural-identities.ts
 *
 * `--steps`, `--batch` and `--people` make it longer. `--attack 2` trains a second stage, half as long, in which every
 * face is changed so that the network sees somebody else: without it, changes of a few grey levels turn one person into
 * another, and a swapper that follows its gradient learns to paint such patterns.
 *
 * `npm run visage -- train identity` is the same with checkpoints, a report, pictures that are changed as photographs
 * differ, moving averages, data sets, and weights at the end.
 */
import { parseArgs } from 'node:util';
import { equalErrorRate, faceSets, type Level } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { seeded } from '@visage/nn';
import {
  ArcFace,
  embedPhotos,
  IdentityTask,
  type MarginStage,
  noChanges,
  ProceduralLabels,
  ReaderTrainer,
} from '@visage/simswap';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '100' },
    batch: { type: 'string', default: '32' },
    people: { type: 'string', default: '60' },
    attack: { type: 'string', default: '0' },
  },
});
const [steps, batchSize, people, attack] = [values.steps, values.batch, values.people, values.attack].map(Number) as [
  number,
  number,
  number,
  number,
];
const SIZE = 48; // pixels
const UNSEEN = 24; // people
// A short run sees faces that look ahead: to see through pose and light takes thousands of steps.
const level: Level = steps < 1000 ? 'L0' : 'L1';

const gpu = await startGpu({ robustness: false });
console.log(`Training on ${gpu.adapter.name}${gpu.adapter.software ? ', a software adapter' : ''}.`);

// The network maps a face to a vector. The task's head turns vectors into logits over the training people, by angles to
// their centres. The margin demands that a face be closer to its own person than it would need to be to win, so that
// people the network never saw separate as well.
const network = seeded(
  1,
  () =>
    new ArcFace({ kind: 'arcface', layers: [1, 1, 2, 1], width: 0.25, embedding: 128, inputSize: SIZE, squeeze: true }),
);
console.log(`ArcFace with ${network.parameterCount} parameters, ${people} people, batches of ${batchSize}.`);

const first: MarginStage = {
  ...{ steps, batchSize, learningRate: 0.1, warmup: 0.05, floor: 1e-3 },
  ...{ margin: 0.2, scale: 16, attack: 0, attackGrowth: 0, blurs: 0 },
};
// The strength of the attack grows from 0: under full attack from the start the network unlearns everything.
const underAttack: MarginStage = {
  ...first,
  steps: Math.ceil(steps / 2),
  learningRate: 0.02,
  attack,
  attackGrowth: 0.4,
};

const trainer = new ReaderTrainer({
  task: new IdentityTask(network, people, 2),
  stages: attack > 0 ? [first, underAttack] : [first],
  // Faces are rendered by the step itself. Only three lists of numbers go to the GPU: who, how, and the class.
  data: () =>
    new ProceduralLabels({ people, firstIdentity: faceSets.training, level, imageSize: SIZE, batchSize, seed: 3 }),
  changes: { ...noChanges, flip: 0.5 },
});

/**
 * Equal error rate on people that nobody trained on: how often two photos are wrongly said to show one person, or two.
 */
async function unseenErrorRate(): Promise<number> {
  network.eval();
  const photos = { people: UNSEEN, photos: 4, firstIdentity: faceSets.heldOut, firstAttributes: faceSets.heldOut };
  const found = await embedPhotos({ ...photos, level, imageSize: SIZE }, (faces) => network.embed(faces));
  network.train();
  return equalErrorRate({ values: found.values, size: network.config.embedding }, found.labels).rate;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
console.log(`Error rate on unseen people before training: ${percent(await unseenErrorRate())}`);
let latest = '';
await trainer.run({
  until: trainer.steps,
  tasks: [
    {
      every: Math.max(1, Math.floor(trainer.steps / 10)),
      run: async () => console.log(`${latest}, error rate on unseen people ${percent(await unseenErrorRate())}`),
    },
  ],
  onStep({ step, loss, stepsPerSecond }) {
    latest = `step ${step}: loss ${loss.toFixed(3)}, ${stepsPerSecond.toFixed(1)} steps/s`;
  },
});
process.exit(); // Dawn keeps threads that would hold the process open
