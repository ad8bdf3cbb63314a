import { useGpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { readSafetensors } from '@visage/nn';
import {
  ablation,
  Generator,
  type PairKind,
  type Precision,
  ProceduralPairs,
  ProjectedDiscriminator,
  paper,
  publishedGenerator,
  publishedProjected,
  type Recipe,
  readCheckpointHeader,
  readRecipe,
  recipes,
  released2021,
  shuffledRows,
  Trainer,
  train2022,
} from '@visage/simswap';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { HashedPairs, makeNetworks } from './fixture.ts';

const { test, gpu } = await gpuSuite('recipes');

function start(recipe: Recipe, options: { replay?: boolean; precision?: Precision } = {}) {
  const patch = makeNetworks();
  const generator = new Generator({ ...publishedGenerator, width: 1 / 32, blocks: 1, latent: 16, head: recipe.head });
  const discriminator =
    recipe.discriminator === 'patch'
      ? patch.discriminator
      : new ProjectedDiscriminator({ ...publishedProjected, width: 1 / 16, featureWidth: 1 / 16, inputSize: 128 });
  const data = new HashedPairs();
  // Equal weights for equal bits: the seeded networks of the fixture are, those made here are copied by the checkpoint.
  const trainer = new Trainer({ ...patch, generator, discriminator, data, recipe, seed: 5, ...options });
  return { trainer, data };
}

test('every recipe survives JSON; names are its own; an older checkpoint reads as the paper', () => {
  const all = [...recipes, ...ablation()];
  for (const recipe of all) assert.equal(readRecipe(JSON.parse(JSON.stringify(recipe))), recipe);
  assert.is(new Set(all.map(({ name }) => name)).size, all.length);
  const newer = [
    'head',
    'discriminator',
    'realImages',
    'hingeFactor',
    'turns',
    'augmentation',
    'pictures',
    'warmupSteps',
  ];
  const older = Object.fromEntries(Object.entries(paper).filter(([field]) => !newer.includes(field)));
  assert.equal(readRecipe(older), paper);
  assert.throws(() => readRecipe({ ...paper, turns: 'never' }), /recipe\.turns.*together or alternate/);
  assert.throws(() => readRecipe({ ...paper, augmentation: ['blur'] }), /recipe\.augmentation/);
});

test('the seven of the ablation differ from the paper in which maps are matched and in one weight', () => {
  const variants = ablation(paper);
  assert.equal(
    variants.map(({ name, featureLayers, weights }) => [
      name,
      featureLayers,
      weights.identity,
      weights.featureMatching,
    ]),
    [
      ['SimSwap', [-2, -1], 10, 10],
      ['oFM', 'all', 10, 10],
      ['nFM', [], 10, 10],
      ['wbarFM', [0, 1], 10, 10],
      ['oFM-FM-', 'all', 10, 5],
      ['oFM-id+', 'all', 20, 10],
      ['wFM-id+', [-2, -1], 20, 10],
    ],
  );
  for (const { name, featureLayers: _, weights, ...rest } of variants) {
    assert.equal({ ...paper, ...rest }, paper, `${name} changes nothing else`);
    assert.equal({ ...weights, identity: 10, featureMatching: 10 }, paper.weights);
  }
});

test('shuffled sources are a permutation of those of the same-person batch, by seed and step alone', () => {
  assert.equal([...shuffledRows(9, 3, 1)].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(shuffledRows(9, 3, 1), shuffledRows(9, 3, 1));
  assert.not.equal(shuffledRows(9, 3, 1), shuffledRows(9, 4, 1));
  const pairs = new ProceduralPairs({ batchSize: 6, imageSize: 48, identities: 20, seed: 3 });
  const [same, shuffled] = (['same', 'shuffled'] as const).map((kind: PairKind) => pairs.draw(kind, 4));
  assert.equal(shuffled!.targetIdentities, same!.targetIdentities);
  assert.equal([...shuffled!.sourceIdentities].sort(), [...same!.sourceIdentities].sort());
  pairs.dispose();
});

test('players that alternate get a fresh batch each; a resumed run gives the same bits, as does one op by op', async () => {
  const recipe: Recipe = { ...train2022, augmentation: ['color', 'translation', 'cutout'] };
  const { trainer, data } = start(recipe);
  await trainer.run({ until: 1 });
  const middle = readSafetensors(await trainer.checkpoint());
  await trainer.run({ until: 3 });
  assert.equal(
    data.loaded.map(({ step, kind }) => `${step} ${kind}`),
    ['0 same', '1 same', '2 shuffled', '3 shuffled', '4 same', '5 same'],
  );
  const end = await trainer.checkpoint();
  const resumed = start(recipe, { replay: false }).trainer;
  resumed.restore(middle);
  await resumed.run({ until: 3 });
  const again = await resumed.checkpoint();
  const at = end.findIndex((byte, k) => byte !== again[k]);
  assert.is(at, -1, `first difference at byte ${at}`);
  const header = readCheckpointHeader(readSafetensors(end));
  assert.equal(header.recipe, recipe);
  assert.equal(header.networks.discriminator, trainer.discriminator.config);
});

// Software adapters take two minutes to compile these kernels in f16; the null backend translates and validates their
// WGSL, and computes nothing.
test('alternating players in mixed precision: every kernel of a cycle is valid', async () => {
  const translating = await startGpu({ backend: 'null' });
  try {
    const { trainer } = start(train2022, { precision: 'mixed' });
    await trainer.run({ until: train2022.pairs.length });
    await translating.sync();
    assert.ok(translating.device.features.has('shader-f16'), 'in halves');
    assert.is(trainer.step, train2022.pairs.length);
  } finally {
    translating.destroy();
    useGpu(gpu);
  }
});

test('a released recipe halves the hinge and starts with different people', async () => {
  const kinds: PairKind[] = [];
  const { trainer } = start(released2021);
  await trainer.run({
    until: 2,
    onStep: ({ kind, losses }) => {
      kinds.push(kind);
      assert.is(losses.gradientPenalty, 0);
      assert.ok(Math.abs(losses.discriminator - 0.5 * (losses.real + losses.fake)) < 1e-5);
    },
  });
  assert.equal(kinds, ['cross', 'same']);
});

test('networks of another form than the recipe asks for are refused', () => {
  const networks = makeNetworks();
  const refused = (recipe: Recipe) => () => new Trainer({ ...networks, data: new HashedPairs(), recipe });
  assert.throws(refused(train2022), /head of the generator is tanh, expected linear, as recipe train-2022 says/);
  assert.throws(refused({ ...train2022, head: 'tanh' }), /kind of discriminator is patch, expected projected/);
});

test.run();
