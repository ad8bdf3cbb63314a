/**
 * Compares mixed precision with f32 by training the paper's recipe on procedural faces, from the same seeds in both.
 *
 *     node --import ./scripts/register.mjs bench/precision.ts -- [--size 128] [--batch 4] [--steps 300] [--width 1] \
 *       [--blocks 9] [--seeds 3] [--people 24] [--json file]
 *
 * Three questions, and status 1 if an answer is no. Along the f32 training of the first seed, does each loss's running
 * mean, taken in mixed precision from the same weights and faces at every step, lie within 3 % of that of f32 (of the
 * mean size of the loss, because the adversarial one crosses zero)? Was no step of a mixed training skipped after the
 * first 50? Do held-out swap metrics, averaged over the seeds, differ by no more than f32 spreads over the seeds?
 *
 * Separate trainings drift apart in any precision, because adversarial training amplifies every rounding. The table
 * shows by how much, beside a control without mixed precision: f32 again, from initial weights that are rounded to f16.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { aligned } from '@visage/conformance';
import type { SwapScores } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { type Module, seeded } from '@visage/nn';
import {
  Discriminator,
  Generator,
  type IdentityNetwork,
  type LossName,
  lossNames,
  type Precision,
  ProceduralPairs,
  publishedDiscriminator,
  publishedGenerator,
  type StepReport,
  Swapper,
  Trainer,
} from '@visage/simswap';
import { assign, cast, scope } from '@visage/tensor';
import { builtInWeights, loadIdentityNetwork, SwapEvaluation } from '@visage/training';

const CLOSE = 0.03; // of a loss
const SETTLED = 50; // steps after which none may be skipped
const METRICS = ['psnr', 'l1', 'top1', 'margin'] as const;

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    size: { type: 'string', default: '128' },
    batch: { type: 'string', default: '4' },
    steps: { type: 'string', default: '300' },
    width: { type: 'string', default: '1' },
    blocks: { type: 'string', default: '9' },
    seeds: { type: 'string', default: '3' },
    people: { type: 'string', default: '24' },
    json: { type: 'string' },
  },
});
const size = Number(values.size);
const batch = Number(values.batch);
const steps = Number(values.steps);
const width = Number(values.width);
const blocks = Number(values.blocks);
const people = Number(values.people);
const seeds = Array.from({ length: Number(values.seeds) }, (_, k) => k + 1);

interface Run {
  readonly reports: readonly StepReport[];
  readonly scores: SwapScores;
  readonly seconds: number;
}

/** Rounds the parameters of a network to f16 and back. */
function round(network: Module): void {
  scope(() => {
    for (const x of network.parameters()) assign(x, cast(cast(x.detach(), 'f16'), 'f32'));
  });
}

/** Trains generator and discriminator, and measures the moving average on people that no network was trained on. */
async function train(
  seed: number,
  precision: Precision,
  identity: IdentityNetwork,
  evaluation: SwapEvaluation,
  rounded = false,
): Promise<Run> {
  const latent = identity.config.embedding;
  const generator = seeded(seed, () => new Generator({ ...publishedGenerator, width, blocks, latent }));
  const discriminator = seeded(seed + 1, () => new Discriminator({ ...publishedDiscriminator, width }));
  if (rounded) for (const network of [generator, discriminator]) round(network);
  const data = new ProceduralPairs({ batchSize: batch, imageSize: size, identities: 10_000, seed });
  const trainer = new Trainer({ generator, discriminator, identity, data, seed, precision, readEvery: 50 });
  const reports: StepReport[] = [];
  const started = performance.now();
  await trainer.run({ until: steps, onStep: (report) => reports.push(report) });
  const seconds = (performance.now() - started) / 1000;
  const swapper = new Swapper({ generator: trainer.average, identity, precision });
  const scores = await evaluation.measure(swapper);
  swapper.dispose();
  trainer.dispose();
  for (const owned of [trainer.average, generator, discriminator, data]) owned.dispose();
  return { reports, scores, seconds };
}

/**
 * Trains in f32, and at every step also computes a mixed one from the same weights on the same faces: the losses of
 * both.
 */
async function alongOnePath(
  seed: number,
  identity: IdentityNetwork,
): Promise<{ f32: StepReport[]; mixed: StepReport[] }> {
  const latent = identity.config.embedding;
  const make = (precision: Precision) => {
    const generator = seeded(seed, () => new Generator({ ...publishedGenerator, width, blocks, latent }));
    const discriminator = seeded(seed + 1, () => new Discriminator({ ...publishedDiscriminator, width }));
    const data = new ProceduralPairs({ batchSize: batch, imageSize: size, identities: 10_000, seed });
    return new Trainer({ generator, discriminator, identity, data, seed, precision, readEvery: 1 });
  };
  const [leader, follower] = [make('f32'), make('mixed')];
  const reports: { f32: StepReport[]; mixed: StepReport[] } = { f32: [], mixed: [] };
  for (let step = 1; step <= steps; step++) {
    copyState(leader.generator, follower.generator);
    copyState(leader.discriminator, follower.discriminator);
    await follower.run({ until: step, onStep: (report) => reports.mixed.push(report) });
    await leader.run({ until: step, onStep: (report) => reports.f32.push(report) });
  }
  for (const trainer of [leader, follower]) {
    trainer.dispose();
    for (const owned of [trainer.average, trainer.generator, trainer.discriminator]) owned.dispose();
  }
  return reports;
}

/** Parameters and buffers of a network, written into another of the same form. */
function copyState(from: Module, to: Module): void {
  const [source, target] = [from.stateDict(), to.stateDict()];
  scope(() => {
    for (const [name, tensor] of target) assign(tensor, source.get(name)!.detach());
  });
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

/** How far the mean of a loss over all steps of some runs is from that of others, of the mean size of the latter. */
function distance(runs: readonly Run[], references: readonly Run[], name: LossName): number {
  const of = (all: readonly Run[]) => all.flatMap(({ reports }) => reports.map(({ losses }) => losses[name]));
  const expected = of(references);
  return Math.abs(mean(of(runs)) - mean(expected)) / mean(expected.map(Math.abs));
}

/**
 * The most that the running mean of a loss is from that of the references after the first steps, of the running mean
 * size of the latter.
 */
function runningDistance(reports: readonly StepReport[], references: readonly StepReport[], name: LossName): number {
  let [sum, expected, size, most] = [0, 0, 0, 0];
  for (const [step, reference] of references.entries()) {
    sum += reports[step]!.losses[name];
    expected += reference.losses[name];
    size += Math.abs(reference.losses[name]);
    if (step >= Math.min(SETTLED, references.length - 1)) most = Math.max(most, Math.abs(sum - expected) / size);
  }
  return most;
}

const skippedAt = ({ reports }: Run, step: number): number => {
  const { generator, discriminator } = reports[Math.min(step, reports.length) - 1]?.scaling ?? {};
  return (generator?.skipped ?? 0) + (discriminator?.skipped ?? 0);
};

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const verdict = (good: boolean): string => (good ? 'yes' : 'NO');

const gpu = await startGpu({ robustness: false });
const [identity, judge] = [
  await loadIdentityNetwork(builtInWeights('identity')),
  await loadIdentityNetwork(builtInWeights('judge')),
];
const evaluation = await SwapEvaluation.prepare({ judge, imageSize: size, level: 'L1', people });
const [full, mixed]: [Run[], Run[]] = [[], []];
for (const seed of seeds) {
  full.push(await train(seed, 'f32', identity, evaluation));
  mixed.push(await train(seed, 'mixed', identity, evaluation));
}
const path = await alongOnePath(seeds[0] as number, identity);
const control = await train(seeds[0] as number, 'f32', identity, evaluation, true);
const [firstFull, firstMixed] = [full[0] as Run, mixed[0] as Run];
for (const { reports } of [...full, ...mixed, { reports: path.f32 }, { reports: path.mixed }]) {
  const bad = lossNames.find((name) => reports.every(({ losses }) => losses[name] === 0));
  if (bad)
    throw new VisageError(`precision: the ${bad} loss is zero throughout; a run that computes this proves nothing`);
}

const losses = lossNames.map((name) => ({
  name,
  sameWeights: runningDistance(path.mixed, path.f32, name),
  mixed: distance([firstMixed], [firstFull], name),
  control: distance([control], [firstFull], name),
  allSeeds: distance(mixed, full, name),
}));
const late = mixed.map((run) => skippedAt(run, steps) - skippedAt(run, SETTLED));
const metrics = METRICS.map((name) => {
  const of = (runs: readonly Run[]) => runs.map(({ scores }) => scores[name]);
  const [a, b] = [of(full), of(mixed)];
  return { name, f32: mean(a), mixed: mean(b), spread: Math.max(...a) - Math.min(...a) };
});
const lossesClose = losses.every((loss) => loss.sameWeights <= CLOSE);
const settled = late.every((count) => count === 0);
const metricsClose = metrics.every(({ f32, mixed: other, spread }) => Math.abs(f32 - other) <= spread);
const rate = (runs: readonly Run[]) => (steps * runs.length) / runs.reduce((sum, { seconds }) => sum + seconds, 0);

console.log(
  `${gpu.adapter.name}: ${size} pixels, batch ${batch}, width ${width}, ${steps} steps, seeds ${seeds.join(', ')}\n`,
);
console.log(
  aligned([
    ['mean of the loss', 'mixed, same weights', 'mixed training', 'control training', 'mixed trainings, all seeds'],
    ...losses.map((loss) => [
      loss.name,
      ...[loss.sameWeights, loss.mixed, loss.control, loss.allSeeds].map((share) => percent(share)),
    ]),
  ]).join('\n'),
);
console.log(
  `\n${aligned([
    ['held-out swaps', 'f32', 'mixed', 'spread of f32'],
    ...metrics.map((row) => [row.name, row.f32.toFixed(4), row.mixed.toFixed(4), row.spread.toFixed(4)]),
  ]).join('\n')}`,
);
console.log(
  [
    '',
    `from the same weights, each loss's running mean within ${percent(CLOSE)} of f32: ${verdict(lossesClose)}`,
    `no step skipped after the first ${SETTLED}: ${verdict(settled)} (before: ${mixed.map((run) => skippedAt(run, SETTLED)).join(', ')}; after: ${late.join(', ')})`,
    `swap metrics within the spread over the seeds: ${verdict(metricsClose)}`,
    `steps per second, compilation included: f32 ${rate(full).toFixed(2)}, mixed ${rate(mixed).toFixed(2)}`,
  ].join('\n'),
);
if (values.json !== undefined) {
  const scales = mixed.map(({ reports }) => reports.at(-1)?.scaling);
  const setting = { adapter: gpu.adapter.name, size, batch, width, blocks, steps, seeds };
  const answers = { lossesClose, settled, metricsClose };
  writeFileSync(
    values.json,
    JSON.stringify({ ...setting, losses, metrics, skippedLate: late, scales, ...answers }, null, 2),
  );
}
process.exit(lossesClose && settled && metricsClose ? 0 : 1);
