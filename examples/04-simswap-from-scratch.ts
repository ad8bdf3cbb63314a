/**
 * SimSwap, trained from scratch in one file: the whole loop, without the trainer.
 *
 *     node --import ./scripts/register.mjs examples/04-simswap-from-scratch.ts [steps]
 *
 * By default a minute or so on a software adapter: long enough to see how it works, too short to swap well. `npm start`
 * goes on longer. It writes out/examples/simswap-from-scratch.png: source, target, result and the exact truth.
 *
 * Chen et al., SimSwap: An Efficient Framework For High Fidelity Face Swapping, ACM Multimedia 2020.
 */
import { mkdir } from 'node:fs/promises';
import { FaceSampler, faceSets, imageGrid, imagesOf, SwapFaces } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { Adam, HostRandom, seeded } from '@visage/nn';
import { writeMarkedPng } from '@visage/photos/node';
import {
  Discriminator,
  Generator,
  gradientPenalty,
  publishedGenerator,
  weakFeatureMatchingLoss,
} from '@visage/simswap';
import {
  abs,
  concat,
  cosineSimilarity,
  grad,
  keep,
  mean,
  noGrad,
  record,
  relu,
  scope,
  type Tensor,
  zeros,
} from '@visage/tensor';
import { builtInWeights, loadIdentityNetwork } from '@visage/training';

const STEPS = Number(process.argv[2] ?? 60);
const [SIZE, BATCH, PEOPLE] = [48, 4, 5000];

const gpu = await startGpu({ robustness: false });
console.log(`Training on ${gpu.adapter.name}${gpu.adapter.software ? ', a software adapter' : ''}.`);

// Three networks. The identity network is trained already (example 03 shows how) and frozen; it says whose face a
// picture shows. The generator takes a target picture and the identity of somebody else. The discriminator judges, at
// two scales, how real each patch of a picture looks.
const identity = await loadIdentityNetwork(builtInWeights('identity'));
const generator = seeded(1, () => {
  const latent = identity.config.embedding;
  return new Generator({ ...publishedGenerator, width: 0.25, blocks: 2, latent });
});
const discriminator = seeded(2, () => new Discriminator({ width: 0.125, layers: 3, scales: 2 }));

// The paper's Adam: no memory of past gradients (β₁ = 0), a long one of their squares.
const adam = { learningRate: 4e-4, betas: [0, 0.999] } as const;
const generatorOptimizer = new Adam(generator.namedParameters(), adam);
const discriminatorOptimizer = new Adam(discriminator.namedParameters(), adam);

// Faces are drawn by number and rendered by the step itself. Pairs of one person alternate with pairs of two.
const sampler = new FaceSampler({ identities: PEOPLE, seed: 3 });
const faces = new SwapFaces({ batch: BATCH, size: SIZE });
const alpha = keep(zeros([BATCH, 1, 1, 1]));

const averageOf = (scales: readonly Tensor[]): Tensor => scales.reduce((sum, x) => sum.add(x)).mul(1 / scales.length);

function trainingStep(samePerson: boolean): Tensor {
  const [source, target] = [faces.source(), faces.target()];
  const latent = noGrad(() => identity.latent(source));
  const result = generator.forward(target, latent);
  const [judgedResult, judgedTarget] = [discriminator.forward(result), discriminator.forward(target)];

  // The generator wants to look real, to look like the source's person, and to keep what the discriminator's deep
  // features see in the target (expression, pose, light); shallow features would keep the target's
  // identity. When source and target show one person, the correct result is known: the target itself.
  const adversarial = averageOf(judgedResult.map(({ logits }) => mean(logits).neg()));
  const matching = weakFeatureMatchingLoss(judgedResult, judgedTarget, [-2, -1]);
  const alike = mean(cosineSimilarity(identity.embed(result), latent))
    .neg()
    .add(1);
  const reconstruction = mean(abs(result.sub(target)));
  const wanted = adversarial.add(matching.mul(10)).add(alike.mul(10));
  const generatorLoss = samePerson ? wanted.add(reconstruction.mul(10)) : wanted;

  // The discriminator wants logits above 1 for pictures and below −1 for results (hinge), and a slope of about 1 in
  // between. The slope is a gradient, so training on it takes a gradient of a gradient.
  const real = averageOf(judgedTarget.map(({ logits }) => mean(relu(logits.neg().add(1)))));
  const fake = averageOf(judgedResult.map(({ logits }) => mean(relu(logits.add(1)))));
  const penalty = gradientPenalty((images) => discriminator.forward(images), target, result.detach(), alpha);
  const discriminatorLoss = real.add(fake).add(penalty.mul(1e-5));

  const generatorGradients = grad(generatorLoss, generatorOptimizer.parameters);
  const discriminatorGradients = grad(discriminatorLoss, discriminatorOptimizer.parameters);
  generatorOptimizer.step(generatorGradients);
  discriminatorOptimizer.step(discriminatorGradients);
  return noGrad(() =>
    concat(
      [generatorLoss, discriminatorLoss, alike, reconstruction].map((x) => x.reshape([1])),
      0,
    ),
  );
}

// Each kind of step is traced once. From then on only its kernels run, on new numbers.
const steps = { same: record(() => trainingStep(true)), cross: record(() => trainingStep(false)) };
console.log(`A step takes ${steps.cross.dispatches} kernels and ${(steps.cross.bytes / 2 ** 20).toFixed(0)} MiB.`);

const random = new HostRandom(4);
const started = performance.now();
for (let k = 0; k < STEPS; k++) {
  const samePerson = k % 2 === 0;
  faces.load(sampler.swap(k, BATCH, samePerson));
  alpha.write(random.uniform(BATCH));
  const losses = (samePerson ? steps.same : steps.cross).run();
  if ((k + 1) % Math.max(1, Math.floor(STEPS / 12)) > 0) continue;
  const [g, d, id, rec] = [...(await losses.floats())].map((value) => value.toFixed(3));
  const rate = (1000 * (k + 1)) / (performance.now() - started);
  console.log(
    `step ${k + 1}: generator ${g}, discriminator ${d}, identity ${id}, reconstruction ${rec}, ${rate.toFixed(2)} steps/s`,
  );
}

// People that the training never saw. The faces are procedural, so the exact answer is known; the training never looked
// at one.
const unseen = new FaceSampler({ identities: 1000, firstIdentity: faceSets.heldOut, seed: 5 });
faces.load(unseen.swap(0, BATCH, false));
generator.eval();
const shown = scope(() =>
  noGrad(() => {
    const [source, target] = [faces.source(), faces.target()];
    return [source, target, generator.forward(target, identity.latent(source)), faces.truth()];
  }),
);
const rows = await Promise.all(shown.map(async (batch) => imagesOf(await batch.floats(), SIZE)));
const rowLabels = ['source', 'target', 'result', 'truth'];
await mkdir('out/examples', { recursive: true });
await writeMarkedPng(
  'out/examples/simswap-from-scratch.png',
  imageGrid(rows.flat(), { columns: BATCH, rowLabels, scale: 2 }),
);
console.log('out/examples/simswap-from-scratch.png shows how far it got');
process.exit(); // Dawn keeps threads that would hold the process open
