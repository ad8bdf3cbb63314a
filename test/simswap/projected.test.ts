import { type CaseReport, conformanceTable, goldenFile, runGoldenFile } from '@visage/conformance';
import { SpectralConv2d } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import {
  EfficientNetClassifier,
  EfficientNetLite,
  ProjectedDiscriminator,
  publishedProjected,
  readDiscriminatorConfig,
} from '@visage/simswap';
import { noGrad, record, scope, zeros } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('projected discriminator');

const narrow = { ...publishedProjected, width: 1 / 16, featureWidth: 1 / 16, inputSize: 128 };

test('networks, spectral norm, augmentation and the first steps of every recipe equal PyTorch, eagerly and replayed', async () => {
  const file = goldenFile(await loadSafetensors('test/golden/projected.safetensors'));
  const reports: CaseReport[] = [];
  for await (const report of runGoldenFile(file)) reports.push(report);
  assert.is(reports.length, file.cases.length);
  const bad = reports.filter(({ status }) => status !== 'pass');
  assert.is(bad.length, 0, conformanceTable(bad));
});

test('published sizes: 10.3 million trained values in the heads, 377 thousand fixed ones in the projection', () => {
  const network = new ProjectedDiscriminator();
  const trained = [...network.trainedParameters().entries()];
  assert.is(
    trained.reduce((sum, [, { size }]) => sum + size, 0),
    10_331_328,
  );
  assert.ok(trained.every(([name]) => name.startsWith('discriminator.mini_discs.')));
  assert.is(network.projection.parameterCount, 200_128 + 176_640);
  network.dispose();
});

test('state names are those of published files', () => {
  const spectral = new SpectralConv2d(3, 4, 3);
  assert.equal([...spectral.state().keys()], ['bias', 'weight_orig', 'weight_u', 'weight_v']);
  const network = new EfficientNetClassifier({ width: 1 / 16, classes: 3 });
  const names = [...network.state().keys()];
  assert.is(names[0], 'conv_stem.weight');
  for (const name of ['blocks.0.0.conv_dw.weight', 'blocks.1.0.conv_pwl.weight', 'blocks.6.0.bn3.running_var']) {
    assert.ok(names.includes(name), name);
  }
  assert.equal(names.slice(-2), ['classifier.weight', 'classifier.bias']);
  for (const module of [spectral, network]) module.dispose();
});

test('in training mode the frozen network follows its configuration, and a freeze leaves it frozen', () => {
  const [drifting, steady] = [narrow, { ...narrow, featureStatistics: 'running' as const }].map((config) =>
    new ProjectedDiscriminator(config).train(),
  ) as [ProjectedDiscriminator, ProjectedDiscriminator];
  assert.equal([drifting.backbone.training, steady.backbone.training], [true, false]);
  assert.ok(steady.heads.every((head) => head.training));
  drifting.freeze().freeze(false);
  assert.ok(drifting.backbone.parameters().every(({ requiresGrad }) => !requiresGrad));
  assert.ok(drifting.heads.every((head) => head.parameters().every(({ requiresGrad }) => requiresGrad)));
  for (const module of [drifting, steady]) module.dispose();
});

test('each pass of training turns the vectors of spectral norm, also when replayed; evaluation leaves them', async () => {
  const layer = new SpectralConv2d(3, 4, 3);
  const before = await layer.u.floats();
  const x = zeros([1, 5, 5, 3]);
  const turned = record(() => noGrad(() => layer.forward(x)));
  turned.run();
  const once = await layer.u.floats();
  turned.run();
  const twice = await layer.u.floats();
  assert.not.equal(once, before);
  assert.not.equal(twice, once);
  layer.eval();
  scope(() => noGrad(() => layer.forward(x)));
  assert.equal(await layer.u.floats(), twice);
  assert.ok(Math.abs(Math.hypot(...twice) - 1) < 1e-5);
  turned.dispose();
  layer.dispose();
});

test('images that leave a head without a patch are refused, and the message says what helps', () => {
  const native = new ProjectedDiscriminator({ ...narrow, inputSize: 0 });
  scope(() => assert.throws(() => native.forward(zeros([1, 64, 64, 3])), /side of 128 or more.*inputSize/));
  native.dispose();
  assert.throws(() => new ProjectedDiscriminator({ ...narrow, inputSize: 100 }), /inputSize is 100/);
  const features = new EfficientNetLite({ width: 1 / 16 });
  scope(() => assert.throws(() => features.features(zeros([1, 48, 48, 3])), /divide by 32/));
  features.dispose();
});

test('its configuration survives JSON, and a wrong one is refused by name', () => {
  const again = (value: unknown) => JSON.parse(JSON.stringify(value));
  assert.equal(readDiscriminatorConfig(again(publishedProjected)), publishedProjected);
  assert.throws(() => readDiscriminatorConfig({ ...publishedProjected, kind: 'style' }), /discriminator\.kind/);
  assert.throws(
    () => readDiscriminatorConfig({ ...publishedProjected, featureStatistics: 'none' }),
    /featureStatistics.*batch or running/,
  );
});

test.run();
