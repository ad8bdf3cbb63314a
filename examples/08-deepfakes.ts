/**
 * DeepFakes, the system that SimSwap sets out from: one encoder, a decoder for each of two people, trained on two
 * procedural people. It swaps its pair, and it fails on a third person, as the article says: whoever comes in, only the
 * two it knows can come out.
 *
 *     node --import ./scripts/register.mjs examples/08-deepfakes.ts [steps]
 *
 * By default a few minutes on a software adapter: long enough to see whose face comes out, too short for a sharp one.
 * It writes out/examples/deepfakes.png: photos of A, of B and of a third person, each as A and as B.
 */
import { mkdir } from 'node:fs/promises';
import {
  faceSets,
  imageGrid,
  imagesOf,
  type Level,
  pixelErrors,
  renderFaces,
  renderMasks,
  retrievalTop1,
} from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { seeded } from '@visage/nn';
import { writeMarkedPng } from '@visage/photos/node';
import { DeepFakes, DeepFakesTrainer, originalDeepFakesRecipe, originalWarp, type Person } from '@visage/simswap';
import { concat, keep, l2Normalize, mean, noGrad, scope, slice, type Tensor } from '@visage/tensor';
import { builtInWeights, loadIdentityNetwork } from '@visage/training';

const STEPS = Number(process.argv[2] ?? 400);
const [SIZE, MARGIN, ALBUM, TESTED, SHOWN] = [48, 8, 128, 32, 6];
// A short run sees frontal faces under one light: pose and expression take thousands of steps.
const LEVEL: Level = STEPS < 2000 ? 'L0' : 'L1';

const gpu = await startGpu({ robustness: false });
console.log(`Training on ${gpu.adapter.name}${gpu.adapter.software ? ', a software adapter' : ''}.`);

// Two people, and a third whom nobody trains on. An album is one person in many poses, expressions and lights.
const people = { A: faceSets.reporting, B: faceSets.reporting + 1, C: faceSets.reporting + 2 };
const named = (who: number, count: number, first: number) => ({
  identities: new Uint32Array(count).fill(who),
  attributes: Uint32Array.from({ length: count }, (_, k) => first + k),
  size: SIZE + 2 * MARGIN,
  level: LEVEL,
});
/** The middle of pictures: hair and background are nobody's face, and a small network has better things to remember. */
const middle = (x: Tensor): Tensor => slice(slice(x, 1, MARGIN, MARGIN + SIZE), 2, MARGIN, MARGIN + SIZE);
const album = (who: number, count: number, first: number): Tensor =>
  keep(scope(() => middle(renderFaces(named(who, count, first)))));

const network = seeded(1, () => new DeepFakes({ width: 1 / 16, imageSize: SIZE }));
// The original's settings but for three: a rate for hundreds of steps and a narrow network instead of weeks and 82
// million parameters, small batches, and grids over the whole picture, so that result and truth can be compared
// everywhere.
const recipe = {
  ...originalDeepFakesRecipe,
  batchSize: 16,
  optimizer: { ...originalDeepFakesRecipe.optimizer, learningRate: 2e-3 },
  warp: { ...originalWarp, coverage: 1 },
};
const photos = { A: album(people.A, ALBUM, 0), B: album(people.B, ALBUM, ALBUM) };
const trainer = new DeepFakesTrainer({ network, photos, recipe, seed: 2 });
console.log(
  `A network of ${network.parameterCount} parameters, ${ALBUM} photos of each person, batches of ${recipe.batchSize}.`,
);

const started = performance.now();
for (let k = 0; k < STEPS; k++) {
  trainer.run();
  if ((k + 1) % Math.max(1, Math.floor(STEPS / 10)) > 0) continue;
  const { A, B } = await trainer.losses();
  const rate = (1000 * (k + 1)) / (performance.now() - started);
  console.log(`step ${k + 1}: mean error ${A.toFixed(4)} for A, ${B.toFixed(4)} for B, ${rate.toFixed(1)} steps/s`);
}

// What it makes of photos that no step saw, against the exact truth: the face asked for under the photo's pose,
// expression and light. An identity network says which of the three people a picture shows.
const judge = await loadIdentityNetwork(builtInWeights('judge'));
const tested = {
  A: album(people.A, TESTED, 10_000),
  B: album(people.B, TESTED, 11_000),
  C: album(people.C, TESTED, 12_000),
};
const firsts = { A: 10_000, B: 11_000, C: 12_000 };
const names = ['A', 'B', 'C'] as const;
const enrolled = scope(() =>
  noGrad(() => {
    const averages = names.map((who) => mean(l2Normalize(judge.embed(tested[who])), 0, true));
    return concat(averages, 0);
  }),
);
const gallery = { values: await enrolled.floats(), size: judge.config.embedding };

/** How a photo of `whose` comes out of the decoder of `as`, when `wanted` was asked for. */
async function report(whose: keyof typeof people, as: Person, wanted: keyof typeof people): Promise<Tensor> {
  const swapped = keep(scope(() => noGrad(() => network.forward(tested[whose], as))));
  const truth = scope(() => middle(renderFaces(named(people[wanted], TESTED, firsts[whose]))));
  const masks = scope(() => middle(renderMasks(named(people[wanted], TESTED, firsts[whose]))));
  const { meanPsnr } = pixelErrors(await swapped.floats(), await truth.floats(), await masks.floats(), TESTED);
  const seen = scope(() => noGrad(() => judge.embed(swapped)));
  const rows = new Array<number>(TESTED).fill(names.indexOf(wanted));
  const share = retrievalTop1({ values: await seen.floats(), size: gallery.size }, gallery, rows);
  const what = `${whose}'s photo with ${wanted}'s face`.padEnd(26);
  const untouched = pixelErrors(
    await tested[whose].floats(),
    await truth.floats(),
    await masks.floats(),
    TESTED,
  ).meanPsnr;
  const before = whose === wanted ? '' : ` (left alone ${untouched.toFixed(2)})`;
  console.log(
    `${what} ${meanPsnr.toFixed(2)} dB to the truth${before}, recognised as ${wanted}: ${(100 * share).toFixed(0)} %`,
  );
  return swapped;
}

network.eval();
console.log('\nThe pair it was trained on:');
const rows: [string, Tensor][] = [['A', tested.A]];
rows.push(['A as A', await report('A', 'A', 'A')], ['A as B', await report('A', 'B', 'B')]);
rows.push(['B', tested.B], ['B as A', await report('B', 'A', 'A')], ['B as B', await report('B', 'B', 'B')]);
console.log("A third person, as target and as source; for a source there is no decoder, and A's is as good as any:");
rows.push(['C', tested.C], ['C as A', await report('C', 'A', 'A')], ['C as B', await report('C', 'B', 'B')]);
await report('B', 'A', 'C');

const shown = await Promise.all(rows.map(async ([, batch]) => imagesOf(await batch.floats(), SIZE).slice(0, SHOWN)));
await mkdir('out/examples', { recursive: true });
const rowLabels = rows.map(([label]) => label);
await writeMarkedPng('out/examples/deepfakes.png', imageGrid(shown.flat(), { columns: SHOWN, rowLabels, scale: 2 }));
console.log('\nout/examples/deepfakes.png shows them');
process.exit(); // Dawn keeps threads that would hold the process open
