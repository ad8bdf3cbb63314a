/**
 * @file How a preset's sizes and a recipe's form come together, and what a run with a projected discriminator asks for.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveModule, seeded } from '@visage/nn';
import { saveFile } from '@visage/nn/node';
import {
  type CheckpointHeader,
  EfficientNetClassifier,
  ProjectedDiscriminator,
  paper,
  released2021,
  train2022,
} from '@visage/simswap';
import {
  builtInWeights,
  describeDiscriminator,
  describeRecipe,
  loadFeatureNetwork,
  newRun,
  newSettings,
  notesOf,
  type Preset,
  presets,
  resumedSettings,
  trainingLevel,
} from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('recipes of runs');
const folder = mkdtempSync(join(tmpdir(), 'visage-recipes-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const preset = (wanted: string) => presets.find(({ name }) => name === wanted) as Preset;

test('a recipe gives the generator its head, and the discriminator its kind at the width of the preset', () => {
  const patch = newSettings(preset('tiny'), paper);
  assert.is(patch.generator.head, 'tanh');
  assert.equal(patch.discriminator, preset('tiny').discriminator);
  const projected = newSettings(preset('tiny'), train2022);
  assert.is(projected.generator.head, 'linear');
  const { width } = preset('tiny').discriminator;
  const form = { kind: 'projected', width, featureWidth: 1, inputSize: 128, featureStatistics: 'batch' };
  assert.equal(projected.discriminator, form);
  assert.is((newSettings(preset('published'), train2022).discriminator as { inputSize: number }).inputSize, 0);
});

test('short presets have learning rates of their own, the published one takes those of the recipe', () => {
  assert.is(newSettings(preset('tiny'), released2021).recipe.generatorOptimizer.learningRate, 2e-3);
  assert.equal(newSettings(preset('published'), released2021).recipe, released2021);
});

test('fields that are set stand above the recipe and above the rates of the preset, and are told', () => {
  const set = { 'weights.identity': 20, 'generatorOptimizer.learningRate': 1e-4, featureLayers: [-1] };
  const { recipe } = newSettings(preset('tiny'), paper, { set });
  assert.is(recipe.weights.identity, 20);
  assert.is(recipe.generatorOptimizer.learningRate, 1e-4);
  assert.is(recipe.discriminatorOptimizer.learningRate, 1e-5, "the preset's");
  const said = describeRecipe(recipe);
  assert.match(
    said,
    /^paper with weights\.identity=20, featureLayers=-1, learning rates 0\.0001 \(generator\) and 0\.00001/,
  );
  assert.not.match(describeRecipe(newSettings(preset('tiny'), paper).recipe), /with/);
});

test('the form of the networks follows the fields that are set', () => {
  const linear = newSettings(preset('tiny'), paper, { set: { head: 'linear', discriminator: 'projected' } });
  assert.is(linear.generator.head, 'linear');
  assert.is((linear.discriminator as { kind: string }).kind, 'projected');
});

test('a discriminator is told beside the published one', () => {
  assert.match(
    describeDiscriminator(preset('small').discriminator),
    /2 scales, 3 feature maps, .*published: .* 5 maps/,
  );
  assert.match(describeDiscriminator(preset('published').discriminator), /5 feature maps, .*as published$/);
});

test('what a checkpoint says of its run is taken within bounds only', () => {
  const { generator, discriminator, ...rest } = newSettings(preset('tiny'), paper);
  const networks = { generator, discriminator };
  const header = (changes: object) =>
    ({
      ...rest,
      networks,
      notes: { ...notesOf(newSettings(preset('tiny'), paper)), ...changes },
    }) as unknown as CheckpointHeader;
  assert.is(trainingLevel(header({ level: 'L2' })), 'L2');
  assert.equal(resumedSettings(header({}), 'x'), newSettings(preset('tiny'), paper));
  for (const changes of [
    { heldOut: 1e6 },
    { identities: 2 ** 40 },
    { steps: 0 },
    { saveEvery: 1.5 },
    { level: 'L9' },
  ]) {
    assert.is(trainingLevel(header(changes)), undefined);
    assert.throws(() => resumedSettings(header(changes), 'x.safetensors'), /x\.safetensors: was not written by/);
  }
});

test('a projected discriminator without features is an error that says where they come from', async () => {
  const settings = newSettings(preset('tiny'), train2022, { steps: 2 });
  await newRun(settings, builtInWeights('identity')).then(
    () => assert.unreachable('it has nothing to look through'),
    (error: Error) => assert.match(error.message, /`featuresPath`.*example.*10.*ImageNet/),
  );
  await loadFeatureNetwork(builtInWeights('identity')).then(
    () => assert.unreachable('these are no features'),
    (error: Error) => assert.match(error.message, /names 'identity', expected the weights of an EfficientNet-lite0/),
  );
});

test('a classifier on top of the features is left out, and their width decides that of the frozen network', async () => {
  const classifier = seeded(1, () => new EfficientNetClassifier({ width: 1 / 16, classes: 3 }));
  const file = join(folder, 'features.safetensors');
  await saveFile(
    file,
    await saveModule(classifier, { architecture: 'efficientnet-lite0', config: { width: 1 / 16, classes: 3 } }),
  );
  const settings = newSettings(preset('tiny'), train2022, { steps: 2 });
  const run = await newRun(settings, builtInWeights('identity'), file);
  const { discriminator } = run.trainer;
  assert.instance(discriminator, ProjectedDiscriminator);
  const { backbone } = discriminator as ProjectedDiscriminator;
  assert.is(backbone.config.width, 1 / 16);
  assert.equal(await backbone.stemConv.weight.floats(), await classifier.stemConv.weight.floats());
});

test.run();
