/**
 * FaceShifter, the system that SimSwap compares itself with, trained from scratch in its two stages: AEI-Net, which
 * swaps, and HEAR-Net, which puts back what was in front of the face.
 *
 *     node --import ./scripts/register.mjs examples/09-faceshifter.ts [steps] [steps of the second stage]
 *
 * By default a few minutes on a software adapter: long enough to see how it works, too short to swap well; `4000 1000`
 * is for a GPU. It writes out/examples/faceshifter.png: source, target with something in front, both stages' results
 * and the exact truth.
 *
 * Li et al., FaceShifter: Towards High Fidelity And Occlusion Aware Face Swapping, 2019.
 */
import { mkdir } from 'node:fs/promises';
import { FaceSampler, faceSets, imageGrid, imagesOf, pixelErrors, SwapFaces } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { cosineSchedule, HostRandom, seeded } from '@visage/nn';
import { writeMarkedPng } from '@visage/photos/node';
import {
  AeiNet,
  AeiTrainer,
  Discriminator,
  drawOccluders,
  FaceShifter,
  faceShifterPaper,
  HearNet,
  HearTrainer,
  occlude,
  occluderNumbers,
  ProceduralPairs,
} from '@visage/simswap';
import { scope, tensor } from '@visage/tensor';
import { builtInWeights, loadIdentityNetwork } from '@visage/training';

type Floats = Float32Array;
const [STEPS, REFINING] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 80)];
const SIZE = 48;
// The work of a minute or two on a GPU takes hours on a software adapter. So that gets a narrower network, smaller
// batches and a learning rate for hundreds of steps.
const LONG = STEPS >= 2000;
const [WIDTH, BATCH] = LONG ? [1 / 4, 16] : [1 / 8, 4];
const RATE = LONG ? faceShifterPaper.optimizer.learningRate : 1e-3;

const gpu = await startGpu({ robustness: false });
console.log(`Training on ${gpu.adapter.name}${gpu.adapter.software ? ', a software adapter' : ''}.`);

// The paper's networks at a fraction of the width and with four levels instead of seven: 48 pixels leave maps of 3×3
// there.
const identity = await loadIdentityNetwork(builtInWeights('identity'));
const network = seeded(1, () => {
  const embedding = identity.config.embedding;
  return new AeiNet({ width: WIDTH, levels: 4, imageSize: SIZE, identity: embedding, taper: 'late' });
});
const discriminator = seeded(2, () => new Discriminator({ width: WIDTH, layers: 2, scales: 3 }));
const data = new ProceduralPairs({ batchSize: BATCH, imageSize: SIZE, identities: 5000, seed: 3 });
const recipe = { ...faceShifterPaper, optimizer: { ...faceShifterPaper.optimizer, learningRate: RATE } };

/** Runs a trainer, its learning rate falling to zero, and shows its losses ten times. */
async function train(what: string, steps: number, trainer: AeiTrainer | HearTrainer): Promise<void> {
  console.log(`\n${what}`);
  const started = performance.now();
  const schedule = cosineSchedule({ rate: RATE, steps });
  for (let k = 0; k < steps; k++) {
    trainer.learningRate = schedule(k);
    await trainer.run();
    if ((k + 1) % Math.max(1, Math.floor(steps / 10)) > 0) continue;
    const losses = Object.entries(await trainer.losses()).map(([name, value]) => `${name} ${value.toFixed(3)}`);
    const rate = (1000 * (k + 1)) / (performance.now() - started);
    console.log(`step ${k + 1}: ${losses.join(', ')}, ${rate.toFixed(2)} steps/s`);
  }
}

// A U-Net reads the target's attributes at every scale; the generator grows from the source's identity and takes them
// in. The result must have the target's attributes, read by that same U-Net, and the source's identity, and look real
// to three discriminators.
await train('AEI-Net', STEPS, new AeiTrainer({ network, discriminator, identity, data, recipe }));

// The targets of the second stage have things in front of the face. The first stage has never seen any and
// loses them. It is frozen now, and what it loses when it puts a face into itself tells the second stage what to put
// back.
const hear = seeded(4, () => new HearNet({ width: WIDTH / 2, levels: 4 }));
const faceShifter = new FaceShifter({ aei: network, hear, identity });
await train('HEAR-Net', REFINING, new HearTrainer({ faceShifter, data, recipe, seed: 5 }));

// People that the training never saw.
faceShifter.eval();
const [TESTED, SHOWN] = [48, 6];
const faces = new SwapFaces({ batch: TESTED, size: SIZE });
faces.load(new FaceSampler({ identities: 1000, firstIdentity: faceSets.reporting, seed: 6 }).swap(0, TESTED, false));
const tested = scope(() => {
  const numbers = tensor(drawOccluders(new HostRandom(7), TESTED, 0), [TESTED, occluderNumbers]);
  const [source, target, truth] = [faces.source(), occlude(faces.target(), numbers), occlude(faces.truth(), numbers)];
  const latent = identity.latent(source);
  const [first, second] = [
    faceShifter.swap(target.images, latent, 'first'),
    faceShifter.swap(target.images, latent),
  ] as const;
  return [source, target.images, first, second, truth.images, target.cover];
});
const [source, target, first, second, truth, cover] = (await Promise.all(tested.map((batch) => batch.floats()))) as [
  Floats,
  Floats,
  Floats,
  Floats,
  Floats,
  Floats,
];

// What stood in front belongs into the result; everything else should be as good as before.
const beside = cover.map((share) => 1 - share);
for (const [stage, result] of [
  ['AEI-Net', first],
  ['HEAR-Net', second],
] as const) {
  const psnr = (mask: Floats) => pixelErrors(result, truth, mask, TESTED).meanPsnr.toFixed(2);
  console.log(`${stage}: ${psnr(cover)} dB to the truth where something stood in front, ${psnr(beside)} dB elsewhere`);
}
const shown = [source, target, first, second, truth].map((batch) => imagesOf(batch, SIZE).slice(0, SHOWN));
const rowLabels = ['source', 'target', 'aei-net', 'hear-net', 'truth'];
await mkdir('out/examples', { recursive: true });
await writeMarkedPng('out/examples/faceshifter.png', imageGrid(shown.flat(), { columns: SHOWN, rowLabels, scale: 2 }));
console.log('\nout/examples/faceshifter.png shows how far it got');
process.exit(); // Dawn keeps threads that would hold the process open
