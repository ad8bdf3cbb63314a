/**
 * @file Chapter 8: SimSwap trained three times from the same weights on the same faces. Only what is matched of the
 * target's features differs, and with it the trade-off of the paper.
 *
 *     npm run course -- 8
 */
import { FaceSampler, faceSets, SwapFaces } from '@visage/faces';
import type { Gpu } from '@visage/gpu';
import { Adam, HostRandom, seeded } from '@visage/nn';
import { Discriminator, Generator, type IdentityNetwork, publishedGenerator } from '@visage/simswap';
import { add, concat, grad, keep, mul, noGrad, record, scope, type Tensor, zeros } from '@visage/tensor';
import { builtInIdentity } from '../identity.ts';
import { adversarialLoss, hingeLoss, identityLoss, matchingLoss, penaltyLoss, reconstructionLoss } from './losses.ts';

type Log = (text: string) => void;

const [SIZE, BATCH] = [48, 4];

/** The weights of the terms: λ of the paper. */
const LAMBDA = { identity: 10, reconstruction: 10, matching: 10, penalty: 1e-5 };

/** Which feature maps of the discriminator a swap must share with its target, the deepest last. */
const VARIANTS = { nFM: [], SimSwap: [-2, -1], oFM: [0, 1, 2] } as const;

/** Three trainings of so many steps each, and what came of them. Sixty show a tendency; a swap takes thousands. */
export async function run(_gpu: Gpu, log: Log, steps = 60): Promise<void> {
  const identity = await builtInIdentity();
  const results: Result[] = [];
  log(
    `Three trainings of ${steps} steps, ${SIZE} pixels, batches of ${BATCH}; measured on people whom none of them saw.`,
  );
  for (const [name, layers] of Object.entries(VARIANTS)) {
    const result = { name, ...(await train(identity, layers, steps, (text) => log(`   ${name}: ${text}`))) };
    results.push(result);
    log(
      `${name}: identity loss of a swap ${result.identity.toFixed(3)}, reconstruction loss of a self-swap ${result.reconstruction.toFixed(4)}`,
    );
  }
  log(plot(results));
}

interface Measures {
  readonly identity: number;
  readonly reconstruction: number;
}
interface Result extends Measures {
  readonly name: string;
}

/** A training from scratch, with the same seeds whatever is matched; then the two measures of the trade-off. */
async function train(identity: IdentityNetwork, layers: readonly number[], steps: number, log: Log): Promise<Measures> {
  const latentSize = identity.config.embedding;
  const generator = seeded(
    1,
    () => new Generator({ ...publishedGenerator, width: 0.125, blocks: 2, latent: latentSize }),
  );
  const discriminator = seeded(2, () => new Discriminator({ width: 0.25, layers: 2, scales: 2 }));
  const generatorAdam = new Adam(generator.namedParameters(), { learningRate: 2e-3, betas: [0, 0.999] });
  const discriminatorAdam = new Adam(discriminator.namedParameters(), { learningRate: 1e-5, betas: [0, 0.999] });
  const faces = new SwapFaces({ batch: BATCH, size: SIZE, level: 'L0' });
  const alpha = keep(zeros([BATCH, 1, 1, 1]));

  const step = (samePerson: boolean): Tensor => {
    const target = faces.target();
    const latent = noGrad(() => identity.latent(faces.source()));
    const result = generator.forward(target, latent);
    const [ofResult, ofTarget] = [discriminator.forward(result), discriminator.forward(target)];
    const alike = identityLoss(identity.embed(result), latent);
    const kept = reconstructionLoss(result, target);
    const terms = [
      adversarialLoss(ofResult),
      mul(matchingLoss(ofResult, ofTarget, layers), LAMBDA.matching),
      mul(alike, LAMBDA.identity),
      ...(samePerson ? [mul(kept, LAMBDA.reconstruction)] : []), // only here is the right answer known
    ];
    const penalty = penaltyLoss(discriminator, target, result.detach(), alpha);
    const ofDiscriminator = add(hingeLoss(ofTarget, ofResult), mul(penalty, LAMBDA.penalty));
    const generatorGradients = grad(terms.reduce(add), generatorAdam.parameters);
    const discriminatorGradients = grad(ofDiscriminator, discriminatorAdam.parameters);
    generatorAdam.step(generatorGradients);
    discriminatorAdam.step(discriminatorGradients);
    return row(alike, kept, ofDiscriminator);
  };
  const recorded = { same: record(() => step(true)), cross: record(() => step(false)) };
  await Promise.all([recorded.same.ready(), recorded.cross.ready()]);
  const [sampler, random] = [new FaceSampler({ identities: 5000, seed: 3 }), new HostRandom(4)];
  for (let k = 0; k < steps; k++) {
    const samePerson = k % 2 === 0; // the alternation: a batch of one person each, a batch of two
    faces.load(sampler.swap(k, BATCH, samePerson));
    alpha.write(random.uniform(BATCH));
    const losses = await (samePerson ? recorded.same : recorded.cross).run().floats();
    if (k % 20 < 18) continue;
    const [alike, kept, d] = [...losses].map((value) => value.toFixed(3));
    log(
      `step ${k + 1}, ${samePerson ? 'same ' : 'cross'}: identity ${alike}, reconstruction ${kept}, discriminator ${d}`,
    );
  }
  generator.eval();
  const measures = await measure(generator, identity, faces);
  for (const each of [...Object.values(recorded), generator, discriminator, faces, alpha]) each.dispose();
  return measures;
}

const row = (...scalars: readonly Tensor[]): Tensor =>
  noGrad(() =>
    concat(
      scalars.map((x) => x.reshape([1])),
      0,
    ),
  );

/** On unseen people: the identity loss of swaps between two, the reconstruction loss of swaps of one with themself. */
async function measure(generator: Generator, identity: IdentityNetwork, faces: SwapFaces): Promise<Measures> {
  const sampler = new FaceSampler({ identities: 1000, firstIdentity: faceSets.heldOut, seed: 5 });
  const [rounds, sums] = [8, [0, 0]];
  for (let round = 0; round < rounds; round++) {
    faces.load(sampler.swap(round, BATCH, false));
    const values = await scope(() =>
      noGrad(() => {
        const [target, latent] = [faces.target(), identity.latent(faces.source())];
        const crossed = identityLoss(identity.embed(generator.forward(target, latent)), latent);
        const own = generator.forward(target, identity.latent(target));
        return row(crossed, reconstructionLoss(own, target));
      }),
    ).floats();
    values.forEach((value, k) => {
      sums[k]! += value / rounds;
    });
  }
  return { identity: sums[0]!, reconstruction: sums[1]! };
}

/** The figure of the paper, in text: a row is 0.1 of identity loss, a column 0.005 of reconstruction loss. */
function plot(results: readonly Result[]): string {
  const canvas = Array.from({ length: 13 }, () => [...' '.repeat(72)]);
  for (const { name, identity, reconstruction } of results) {
    const [x, y] = [Math.min(60, Math.round(200 * reconstruction)), Math.min(12, Math.round(10 * identity))];
    [...`o ${name}`].forEach((letter, at) => {
      canvas[y]![x + at] = letter;
    });
  }
  const lines = canvas.map((line, k) => `   ${(k / 10).toFixed(1)} |${line.join('').trimEnd()}`);
  return ['identity loss, less is higher', ...lines, '       0 … 0.3: reconstruction loss, less is further left'].join(
    '\n',
  );
}
