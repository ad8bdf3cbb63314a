/** @file A swapper's training that begins with trained weights: whose they are, and what they must fit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFaceFolder } from '@visage/faces/node';
import { loadSafetensors } from '@visage/nn/node';
import { paper, recipes } from '@visage/simswap';
import { noGrad } from '@visage/tensor';
import { builtInWeights, newRun, newSettings, RunFolder, type TrainingRun } from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { hashedTensor, latents } from '../simswap/hashed.ts';
import { micro, microRun } from './microRun.ts';

const { test } = await gpuSuite('a training from weights');
const folder = mkdtempSync(join(tmpdir(), 'visage-from-'));
const people = join(folder, 'people');
const checkpoint = join(folder, 'first', 'checkpoint.safetensors');
test.after(() => rmSync(folder, { recursive: true, force: true }));
await writeFaceFolder(people, { identities: 11, imagesPerIdentity: 3, size: micro.imageSize, samples: 1 });
await (await RunFolder.open(join(folder, 'first'), await microRun(people, { steps: 2 }))).train();

const settings = (recipe = paper, set = {}) =>
  newSettings({ ...micro, steps: 6 }, recipe, { data: [{ folder: people, weight: 1 }], set });

/** What a run is refused with. */
const message = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: Error) => error.message,
  );

/** Of a new run, before its first step. */
const firstSwap = ({ trainer: { generator, identity } }: TrainingRun): Promise<Float32Array> => {
  const swapped = noGrad(() => {
    const target = hashedTensor(1, [1, 3, micro.imageSize, micro.imageSize]);
    return generator.swap(target, latents(1, identity.config.embedding));
  });
  return swapped.floats();
};

test('the moving average, the discriminator and the identity network of a checkpoint begin; the rates rise from 0', async () => {
  const run = await newRun(settings(paper, { warmupSteps: 3 }), undefined, undefined, checkpoint);
  const file = await loadSafetensors(checkpoint);
  for (const [prefix, network] of [
    ['average', run.trainer.generator],
    ['discriminator', run.trainer.discriminator],
    ['identity', run.trainer.identity],
  ] as const)
    for (const [name, { tensor, kind, layout }] of network.state())
      if (kind === 'parameter' && layout === 'plain')
        assert.equal(await tensor.floats(), file.tensors.get(`${prefix}/${name}`)?.weights('f32'), `${prefix}/${name}`);
  assert.is(run.trainer.step, 0);
  const before = await run.trainer.generator.parameters()[0]?.floats();
  await run.trainer.run({ until: 1 });
  const after = await run.trainer.generator.parameters()[0]?.floats();
  const moved = Math.max(...(after ?? []).map((value, k) => Math.abs(value - (before?.[k] as number))));
  const { learningRate } = run.settings.recipe.generatorOptimizer;
  // Adam's first step moves a weight by the rate, which is a third of its height here.
  assert.ok(moved > 0.25 * learningRate && moved < 0.4 * learningRate, `${moved} of ${learningRate}`);
});

test('skip connections that a generator is given change nothing before they have learned, and learn', async () => {
  const [plain, skipping] = [
    await newRun(settings(), undefined, undefined, checkpoint),
    await newRun(settings(paper, { skips: true }), undefined, undefined, checkpoint),
  ];
  assert.equal(await firstSwap(skipping), await firstSwap(plain));
  await skipping.trainer.run({ until: 2 });
  const { skips } = skipping.trainer.generator;
  assert.is(skips.length, 3);
  for (const { weight } of skips) assert.ok((await weight.floats()).some((value) => value !== 0));
  const kept = join(folder, 'skipping', 'checkpoint.safetensors');
  await (await RunFolder.open(join(folder, 'skipping'), skipping)).train();
  const again = await newRun(settings(paper, { skips: true }), undefined, undefined, kept);
  assert.ok((await again.trainer.generator.skips[0]?.weight.floats())?.some((value) => value !== 0));
  assert.match(
    await message(newRun(settings(), undefined, undefined, kept)),
    /has skip connections, the recipe asks for none; add --set skips=true/,
  );
});

test('weights that do not fit are refused', async () => {
  const other = recipes.find(({ head, discriminator }) => head === 'linear' && discriminator === 'patch');
  const linear = other ?? { ...paper, head: 'linear' as const };
  assert.match(
    await message(newRun(settings(linear), undefined, undefined, checkpoint)),
    /ends in tanh, the recipe asks for linear/,
  );
  const identity = builtInWeights('identity');
  assert.match(
    await message(newRun(settings(), undefined, undefined, identity)),
    /no SimSwap checkpoint and no generator/,
  );
  assert.throws(() => settings(paper, { warmupSteps: 6 }), /warmupSteps.*fewer than the 6/s);
});

test.run();
