/**
 * Identity networks compared: ArcFace's or CosFace's margin on the network of SimSwap or on IResNet, trained on the
 * same procedural people for as many steps, and tested on people that none of them saw: are these two photos of one
 * person?
 *
 *     node --import ./scripts/register.mjs examples/07-verification.ts
 *
 * By default a few minutes on a software adapter, on frontal faces. Longer (minutes on a GPU):
 *
 *     node --import ./scripts/register.mjs examples/07-verification.ts --steps 8000 --batch 128 --people 10000 \
 *       --level L1 --unseen 200
 *
 * `--networks arcface,iresnet --margins angle,cosine` chooses.
 */
import { parseArgs } from 'node:util';
import { faceSets, type Level, type Verification, verification } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { seeded } from '@visage/nn';
import {
  ArcFace,
  embedPhotos,
  type IdentityNetwork,
  IdentityTask,
  IResNet,
  type MarginStage,
  ProceduralLabels,
  ReaderTrainer,
} from '@visage/simswap';

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: 'arcface,iresnet' },
    margins: { type: 'string', default: 'angle,cosine' },
    steps: { type: 'string', default: '60' },
    batch: { type: 'string', default: '32' },
    people: { type: 'string', default: '60' },
    size: { type: 'string', default: '48' },
    level: { type: 'string', default: 'L0' },
    unseen: { type: 'string', default: '24' },
    rate: { type: 'string', default: '0.1' },
  },
});
const [steps, batchSize, people, imageSize, unseen] = [
  options.steps,
  options.batch,
  options.people,
  options.size,
  options.unseen,
].map(Number) as [number, number, number, number, number];
const level = options.level as Level;
const EMBEDDING = 128;
const FALSE_ACCEPTS = 1e-3;

const gpu = await startGpu({ robustness: false });
console.log(`${steps} steps of ${batchSize} faces of ${people} people, on ${gpu.adapter.name}.`);

// Two architectures. SimSwap's gates its channels and ends each block with an activation; InsightFace's halves in every
// stage and does neither.
const form = { width: 0.25, embedding: EMBEDDING, inputSize: imageSize } as const;
const networks: Readonly<Record<string, () => IdentityNetwork>> = {
  arcface: () => new ArcFace({ ...form, kind: 'arcface', layers: [1, 1, 2, 1], squeeze: true }),
  iresnet: () => new IResNet({ ...form, kind: 'iresnet', layers: [1, 1, 1, 1], squeeze: false }),
};

// Two margins. ArcFace demands an angle between a face and the boundary to other people, CosFace a difference of
// cosines. The published numbers (scale 64, margins 0.5 and 0.4) are for a hundred thousand people and weeks; small
// sets learn with less of both.
const margins = { angle: 0.2, cosine: 0.15 } as const;
type MarginKind = keyof typeof margins;

/** Trains one network under one margin and tests it on people whom no training sees. */
async function trained(network: IdentityNetwork, kind: MarginKind): Promise<Verification> {
  const stage: MarginStage = {
    ...{ steps, batchSize, learningRate: Number(options.rate), warmup: 0.05, floor: 0.01 },
    ...{ margin: margins[kind], scale: 16, attack: 0, attackGrowth: 0, blurs: 0 },
  };
  const task = new IdentityTask(network, people, 1, kind);
  const data = () => new ProceduralLabels({ people, level, imageSize, batchSize, seed: 3 });
  const trainer = new ReaderTrainer({ task, stages: [stage], data });
  await trainer.run({ until: steps });
  trainer.dispose();
  network.eval();
  const { reporting } = faceSets;
  const photos = { people: unseen, photos: 6, firstIdentity: reporting, firstAttributes: reporting, level, imageSize };
  const { values, labels } = await embedPhotos(photos, (faces) => network.embed(faces));
  task.head.dispose();
  network.dispose();
  return verification({ values, size: EMBEDDING }, labels, FALSE_ACCEPTS);
}

// Equal error rate: the error at the threshold where false pairs are accepted as often as true pairs are rejected. TAR
// @ FAR: the share of true pairs that are accepted at a threshold where one false pair in a thousand is accepted.
console.log('network  margin   equal error rate   TAR at FAR 1e-3');
for (const name of options.networks.split(',')) {
  for (const kind of options.margins.split(',')) {
    const build = networks[name];
    if (!build || !(kind in margins))
      throw new Error(
        `--networks ${name} --margins ${kind}: expected ${Object.keys(networks)} and ${Object.keys(margins)}`,
      );
    const { equalErrorRate, atFalseAcceptRate } = await trained(seeded(1, build), kind as MarginKind);
    const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
    console.log(
      `${name.padEnd(8)} ${kind.padEnd(8)} ${percent(equalErrorRate).padEnd(18)} ${percent(atFalseAcceptRate.trueAccepts)}`,
    );
  }
}
process.exit(); // Dawn keeps threads that would hold the process open
