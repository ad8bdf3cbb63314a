/**
 * The paper's ablation of feature matching: seven ways to train that differ in one or two numbers, from the same
 * weights on the same faces for as many steps, and the paper's two figures: how often a swap is recognised as its
 * source, and how near it is to it for the identity network of the loss, against how well a face survives a self-swap.
 *
 *     node --import ./scripts/register.mjs examples/06-feature-matching-ablation.ts
 *
 * On a software adapter this takes a minute or two and only shows that the program works. On a GPU the preset `small`
 * and 1800 steps each are the default; `--preset --steps --batch --people --seed --only SimSwap,oFM --out` change it,
 * `--seeds 3` trains everything from three seeds and gives mean and spread. It writes a page with the figures,
 * out/examples/ablation.html, and the numbers beside it after every training; a run that stopped goes on behind the
 * last one that it finished. `--join out/a,out/b` takes the trainings of runs that wrote there, so that several
 * processes can share the work and one more, with `--seeds 0`, draws the figures.
 *
 * The discriminator of the small presets has three feature maps and the paper's has five, so that here "the last two"
 * and "the first two" share one. `--layers 4 --size 96` trains with five; smaller images leave its second scale nothing
 * to judge. `--preset portrait` has five by itself, and shows mesh heads of 128 pixels.
 *
 * Chen et al., SimSwap: An Efficient Framework For High Fidelity Face Swapping, ACM Multimedia 2020, section 4.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FaceSampler, isHeadLevel, SwapFaces } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import {
  ablation,
  type IdentityNetwork,
  identityLoss,
  paper,
  type Recipe,
  reconstructionLoss,
  type Swapper,
} from '@visage/simswap';
import { concat, noGrad, scope } from '@visage/tensor';
import {
  aboutPeople,
  builtInIdentity,
  builtInJudge,
  describeDiscriminator,
  figurePage,
  firstOf,
  loadFaces,
  loadIdentityNetwork,
  newRun,
  newSettings,
  presets,
  type Scatter,
  type Spread,
  SwapEvaluation,
  scatterSvg,
  spreadOf,
  withSpread,
} from '@visage/training';

const { values: options } = parseArgs({
  options: {
    preset: { type: 'string' },
    steps: { type: 'string' },
    batch: { type: 'string' },
    people: { type: 'string' },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    layers: { type: 'string' }, // halvings of the discriminator, which has one feature map more
    size: { type: 'string' },
    tuning: { type: 'boolean', default: false }, // measure on the people that one may choose settings by
    only: { type: 'string' },
    join: { type: 'string' }, // folders of other runs under the same conditions
    out: { type: 'string', default: 'out/examples' },
  },
});

const gpu = await startGpu({ robustness: false });
const { software } = gpu.adapter;
const presetName = options.preset ?? (software ? 'tiny' : 'small');
const found = presets.find(({ name }) => name === presetName);
if (!found) throw new Error(`--preset ${presetName}: expected one of ${presets.map(({ name }) => name).join(', ')}`);
const layers = Number(options.layers ?? found.discriminator.layers);
const preset = {
  ...found,
  discriminator: { ...found.discriminator, layers },
  imageSize: Number(options.size ?? found.imageSize),
  batchSize: Number(options.batch ?? found.batchSize),
};
const steps = Number(options.steps ?? (software ? 20 : 1800));
// whom nobody trains on: each gives its identity to two photos
const people = Number(options.people ?? (software ? 16 : 200));
const seeds = Array.from({ length: Number(options.seeds) }, (_, k) => Number(options.seed) + k);
const peopleSet = options.tuning ? 'tuning' : 'reporting';
const { imageSize, level } = preset;

// The recipes are plain objects; the table in docs/recipes.md shows what each changes. Oddly, most of what the paper
// studies is one list: the feature maps of the discriminator on which a swap must agree with its target.
const variants = ablation(paper);
const maps = Array.from({ length: layers + 1 }, (_, k) => k);
const chosen = options.only?.split(',');
console.log(
  `${variants.length} recipes, ${steps} steps each, seeds ${seeds.join(', ')}, preset ${preset.name}, on ${gpu.adapter.name}.\nDiscriminator: ${describeDiscriminator(preset.discriminator)}. Measured on ${aboutPeople(peopleSet, people)}.`,
);

/** What is measured of a recipe. */
interface Measures {
  /** Share of swaps whose nearest person, to a judge that took no part in training, is their source. */
  readonly retrieval: number;
  /**
   * 1 − cosine to the source, to the identity network that training listened to: if this falls and retrieval does not
   * rise, the swapper has only learned to mislead that network.
   */
  readonly identity: number;
  /** Mean |difference| between a face and its swap with itself. */
  readonly reconstruction: number;
}

let evaluation: SwapEvaluation | undefined;

async function measure(swapper: Swapper): Promise<Measures> {
  if (!evaluation) {
    await loadFaces([level]);
    const judge = await loadIdentityNetwork(builtInJudge(level));
    evaluation = await SwapEvaluation.prepare({ judge, imageSize, level, people, peopleSet });
  }
  const { top1 } = await evaluation.measure(swapper);
  const [identity, reconstruction] = await lossesOnUnseen(swapper);
  return { retrieval: top1, identity, reconstruction };
}

/**
 * Means over unseen people: the identity loss of swaps between two, and the reconstruction loss of swaps of one with
 * itself.
 */
async function lossesOnUnseen(swapper: Swapper): Promise<[number, number]> {
  const [batch, rounds] = [16, Math.ceil((2 * people) / 16)];
  const sampler = new FaceSampler({ identities: people, firstIdentity: firstOf[peopleSet], seed: 7 });
  const faces = new SwapFaces({ batch, size: imageSize, level });
  const sums: [number, number] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    faces.load(sampler.swap(round, batch, false));
    const both = scope(() => noGrad(() => lossesOf(swapper, swapper.identity, faces)));
    const values = await both.floats();
    both.dispose();
    sums.forEach((sum, k) => {
      sums[k] = sum + (values[k] as number) / rounds;
    });
  }
  faces.dispose();
  return sums;
}

function lossesOf(swapper: Swapper, identity: IdentityNetwork, faces: SwapFaces) {
  const [target, latent] = [faces.target(), swapper.latent(faces.source())];
  const crossed = identityLoss(identity.embed(swapper.swap(target, latent)), latent);
  const own = reconstructionLoss(swapper.swap(target, swapper.latent(target)), target);
  return concat([crossed.reshape([1]), own.reshape([1])], 0);
}

/** Trains one recipe from scratch: of a seed, same weights, same pairs and same number of steps for all. */
async function train(recipe: Recipe, seed: number): Promise<Measures> {
  const run = await newRun(newSettings(preset, recipe, { steps, seed }), builtInIdentity(level));
  const { trainer, swapper } = run;
  await trainer.run({ until: steps });
  const measures = await measure(swapper);
  swapper.dispose();
  trainer.dispose();
  for (const network of [trainer.generator, trainer.discriminator, trainer.identity, trainer.average])
    network.dispose();
  return measures;
}

/** A training of a recipe. */
interface Run extends Measures {
  readonly seed: number;
  /** What training and measuring took, compiling included. */
  readonly seconds: number;
}

// Results are kept as they come, with what they depend on: a run that stopped does not start over.
const file = join(options.out, 'ablation.json');
const { discriminator, batchSize, rates } = preset;
const conditions = {
  ...{ preset: preset.name, level, imageSize, batchSize, rates, discriminator, featureMaps: maps.length },
  ...{ steps, people, peopleSet, adapter: gpu.adapter.name },
};
const runs: Record<string, readonly Run[]> = (await runsIn(file)) ?? {};
const save = () => writeFile(file, JSON.stringify({ conditions, runs, summary: summaries() }, null, 2));
for (const folder of options.join?.split(',') ?? []) {
  const others = await runsIn(join(folder, 'ablation.json'));
  if (!others)
    throw new Error(`--join ${folder}: no ablation.json with these conditions: ${JSON.stringify(conditions)}`);
  for (const [name, all] of Object.entries(others)) {
    const own = runs[name] ?? [];
    runs[name] = [...own, ...all.filter(({ seed }) => !own.some((run) => run.seed === seed))];
  }
}
await mkdir(options.out, { recursive: true });
await save();
for (const seed of seeds) {
  for (const recipe of variants) {
    const done = runs[recipe.name] ?? [];
    if (done.some((run) => run.seed === seed) || (chosen && !chosen.includes(recipe.name))) continue;
    const started = performance.now();
    const measures = await train(recipe, seed);
    const seconds = (performance.now() - started) / 1000;
    runs[recipe.name] = [...done, { seed, seconds, ...measures }];
    await save();
    const { retrieval, identity, reconstruction } = measures;
    console.log(
      `${recipe.name.padEnd(8)} seed ${seed} retrieval ${percent(retrieval)}, identity loss ${identity.toFixed(3)}, reconstruction ${reconstruction.toFixed(4)}, ${seconds.toFixed(0)} s`,
    );
  }
}

/** The trainings that a file holds, if it is there and they were trained and measured as here. */
async function runsIn(path: string): Promise<Record<string, readonly Run[]> | undefined> {
  if (!existsSync(path)) return undefined;
  const known = JSON.parse(await readFile(path, 'utf8'));
  return JSON.stringify(known.conditions) === JSON.stringify(conditions) ? known.runs : undefined;
}

/** Mean and spread over the seeds of what was measured of each recipe. */
function summaries(): Record<string, Record<keyof Measures, Spread>> {
  const each = ([name, all]: [string, readonly Run[]]) => {
    const over = (measure: keyof Measures) => spreadOf(all.map((run) => run[measure]));
    const losses = { identity: over('identity'), reconstruction: over('reconstruction') };
    return [name, { retrieval: over('retrieval'), ...losses }] as const;
  };
  return Object.fromEntries(Object.entries(runs).map(each));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

// The paper's figures. Left is better, and up for retrieval, down for the identity loss: a recipe is useful only if no
// other one is better in both.
const results = summaries();
const measured = variants.filter(({ name }) => results[name]);
const trained = [...new Set(Object.values(runs).flatMap((all) => all.map(({ seed }) => seed)))];
const label = (name: string) => (name === 'wbarFM' ? 'w̄FM' : name);
const share = (value: number) => (100 * value).toFixed(1);
const mapsNote = `Discriminator of ${maps.length} feature maps${maps.length === 5 ? ', as the paper' : '; the paper has 5'}`;
const against = (measure: 'retrieval' | 'identity', y: Scatter['y']): Scatter => ({
  note: `${mapsNote}; ${people} ${peopleSet} people; seeds ${trained.join(', ')}`,
  points: measured.map(({ name }) => {
    const { [measure]: own, reconstruction } = results[name]!;
    const [dx, dy] = [reconstruction.deviation, own.deviation];
    return {
      label: label(name),
      ...{ x: reconstruction.mean, y: own.mean },
      spread: dx === undefined || dy === undefined ? undefined : { x: dx, y: dy },
      strong: name === 'SimSwap',
    };
  }),
  x: { title: 'reconstruction loss (less is better)', format: three },
  y,
});
const three = (value: number) => value.toFixed(3);
const figures = {
  ablation: against('retrieval', {
    title: 'identity retrieval (more is better)',
    format: (value) => `${(100 * value).toFixed(0)} %`,
  }),
  'ablation-loss': against('identity', { title: 'identity loss (less is better)', format: three }),
};
const rows = [
  'recipe|matched maps|λ feature matching|λ identity|retrieval|identity loss|reconstruction|seeds|time of a run'.split(
    '|',
  ),
  ...measured.map(({ name, featureLayers, weights }) => [
    label(name),
    (featureLayers === 'all' ? maps : featureLayers).map((k) => maps.at(k)! + 1).join(', ') || 'none',
    String(featureLayers.length === 0 ? 0 : weights.featureMatching),
    String(weights.identity),
    withSpread(results[name]!.retrieval, share, ' %'),
    withSpread(results[name]!.identity, three),
    withSpread(results[name]!.reconstruction, (value) => value.toFixed(4)),
    runs[name]!.map(({ seed }) => seed).join(', '),
    `${spreadOf(runs[name]!.map(({ seconds }) => seconds)).mean.toFixed(0)} s`,
  ]),
];
const page = figurePage({
  title: `Which features to match: seven recipes on ${isHeadLevel(level) ? 'mesh heads' : 'procedural faces'}`,
  caption: `Each point is a swapper of preset ${preset.name}, trained for ${steps} steps from the same weights on the same pairs (of each seed), and measured on ${2 * people} swaps among ${aboutPeople(peopleSet, people)}. Bars are standard deviations between seeds. Chance of being recognised is ${percent(1 / people)}. Reconstruction is the mean difference between a face and its swap with itself, on a scale from 0 to 1. ${mapsNote}.`,
  figures: Object.values(figures),
  rows,
  facts: [
    ['adapter', gpu.adapter.name],
    ['preset', `${preset.name}, level ${level}, ${imageSize} pixels, batches of ${preset.batchSize}`],
    ['discriminator', describeDiscriminator(preset.discriminator)],
    ['people', aboutPeople(peopleSet, people)],
    ['seeds', trained.join(', ')],
  ],
});
await writeFile(join(options.out, 'ablation.html'), page);
for (const [name, figure] of Object.entries(figures))
  await writeFile(join(options.out, `${name}.svg`), scatterSvg(figure));
for (const row of rows) console.log(row.join(' | '));
console.log(`${join(options.out, 'ablation.html')} shows the figures`);
process.exit(); // Dawn keeps threads that would hold the process open
