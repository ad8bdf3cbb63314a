import { readdirSync } from 'node:fs';
import { type CaseReport, conformanceTable, goldenFile, preparerOf, runGoldenFile } from '@visage/conformance';
import { loadSafetensors } from '@visage/nn/node';
import { Generator, publishedGenerator } from '@visage/simswap';
import { scope } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { hashedTensor, latents } from './hashed.ts';

const { test } = await gpuSuite('simswap networks');

test('the networks, and four steps of the training that the paper describes, equal PyTorch, eagerly and replayed', async () => {
  const file = goldenFile(await loadSafetensors('test/golden/simswap.safetensors'));
  const reports: CaseReport[] = [];
  for await (const report of runGoldenFile(file)) reports.push(report);
  assert.is(reports.length, 7);
  const bad = reports.filter(({ status }) => status !== 'pass');
  assert.is(bad.length, 0, conformanceTable(bad));
});

test('every file of test/golden is one that `visage conformance` runs', async () => {
  const files = readdirSync('test/golden').filter((name) => /\.safetensors$/.test(name));
  const read = files.map(async (name) => goldenFile(await loadSafetensors(`test/golden/${name}`)).cases);
  const cases = (await Promise.all(read)).flat();
  const programs = cases.filter(({ op }) => op === 'program').length;
  assert.equal([cases.length - programs, programs], [87, 220]); // as README and docs/recipes.md say
  assert.equal(
    cases.filter(({ op }) => !preparerOf(op)).map(({ op }) => op),
    [],
  );
});

test('the gradient of every parameter is stored for the cases that train', async () => {
  const { cases } = goldenFile(await loadSafetensors('test/golden/simswap.safetensors'));
  const trained = cases.filter(({ grad }) => grad.length > 0);
  assert.equal(
    trained.map(({ op }) => op),
    ['generator', 'patchDiscriminator', 'arcface'],
  );
  for (const { name, param, grad } of trained) {
    for (const key of param) assert.ok(/running_(mean|var)$/.test(key) || grad.includes(key), `${name}: ${key}`);
  }
});

test('published state names and shapes', () => {
  const generator = new Generator({ ...publishedGenerator, width: 1 / 16, blocks: 1 });
  const names = [...generator.state().keys()];
  assert.is(names[0], 'first_layer.1.weight');
  assert.ok(names.includes('BottleNeck.0.style2.linear.bias'));
  assert.ok(names.indexOf('up3.1.weight') < names.indexOf('up1.1.weight'));
  assert.is(names.at(-1), 'last_layer.1.bias');
  generator.dispose();
});

test('an image whose side does not divide by the stride is refused with the number to divide by', () => {
  const generator = new Generator({ ...publishedGenerator, width: 1 / 32, blocks: 0, latent: 16 });
  scope(() => assert.throws(() => generator.forward(hashedTensor(1, [1, 3, 20, 20]), latents(1, 16)), /divide by 8/));
  generator.dispose();
});

test.run();
