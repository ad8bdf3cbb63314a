import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFaceFolder } from '@visage/faces/node';
import { saveModule } from '@visage/nn';
import { paper } from '@visage/simswap';
import {
  type LogLine,
  newRun,
  newSettings,
  notesOf,
  type Preset,
  RunFolder,
  readLog,
  resumedRun,
  TrainingLog,
  tiny,
} from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { tinyTrainer } from '../helpers/tinySwapper.ts';

const { test } = await gpuSuite('training in a folder');
const folder = mkdtempSync(join(tmpdir(), 'visage-training-'));
const identity = join(folder, 'identity.safetensors');

const SIZE = 48;
const micro: Preset = {
  ...tiny,
  name: 'micro',
  imageSize: SIZE,
  batchSize: 2,
  steps: 2,
  generator: { ...tiny.generator, width: 1 / 16, blocks: 1 },
  discriminator: { width: 1 / 16, layers: 3, scales: 2 },
  heldOut: 3,
  sampleEvery: 2,
  evaluateEvery: 2,
  saveEvery: 2,
};

test.before(async () => {
  const network = tinyTrainer().identity;
  writeFileSync(identity, await saveModule(network, { architecture: 'identity', config: network.config }));
});

const stepsIn = (path: string) => readLog(path).flatMap(({ event, step }) => (event === 'step' ? [step] : []));

test('a run leaves log, samples, checkpoint, swap and a page that needs no network; it can be resumed', async () => {
  const out = join(folder, 'run');
  const set = { 'weights.identity': 20 };
  const into = await RunFolder.open(out, await newRun(newSettings(micro, paper, { set }), identity));
  const [notes, told]: [string[], number[]] = [[], []];
  const first = await into.train({ onNote: (line) => notes.push(line), onStep: ({ step }) => told.push(step) });
  assert.ok(first.finished);
  assert.is(first.step, 2);
  assert.equal(stepsIn(join(out, 'log.jsonl')), [1, 2]);
  assert.equal(told, [1, 2]);
  assert.not(existsSync(join(out, 'run.lock')), 'the folder is free again');
  for (const name of ['swap.png', 'truth.png', 'checkpoint.safetensors']) assert.ok(existsSync(join(out, name)), name);
  assert.equal(readdirSync(join(out, 'samples')).sort(), ['step-0000000.png', 'step-0000002.png']);

  const page = readFileSync(join(out, 'index.html'), 'utf8');
  assert.not.match(page, /(?:src|href)="(?!data:)/);
  assert.match(page, /copy the target/);
  assert.match(page, /paper with weights\.identity=20/);
  assert.match(page, /PatchGAN at 2 scales, 4 feature maps/);
  const logged = readLog(join(out, 'log.jsonl'));
  const noteOf = (wanted: LogLine['event']) => logged.find(({ event }) => event === wanted)?.note ?? '';
  assert.match(noteOf('settings'), /^recipe paper with weights\.identity=20, .*PatchGAN at 2 scales/);
  assert.is(noteOf('measure'), 'tuning people');
  assert.is(noteOf('report'), 'reporting people');
  assert.is(first.peopleSet, 'reporting');
  assert.match(page, /swaps of reporting people/);
  const kernels = into.run.trainer.kernelsPerStep ?? 0;
  assert.ok(kernels > 300, `${kernels} kernels`);
  assert.is(notes.filter((line) => line === `${Math.round(kernels)} kernels per step`).length, 1, 'said once');
  assert.match(page, new RegExp(`kernels per step\\D+${Math.round(kernels)}\\D`));
  const data = page.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)?.[1] ?? '';
  const charts = JSON.parse(data) as { steps: number[]; curves: Record<string, number[]> }[];
  assert.equal(charts[0]?.steps, [1, 2]);
  assert.ok(charts.every(({ curves, steps }) => Object.values(curves).every((curve) => curve.length === steps.length)));

  const again = await RunFolder.open(out, await resumedRun(first.checkpoint, { steps: 3 }));
  assert.is(again.run.trainer.recipe.weights.identity, 20, 'a checkpoint keeps the fields that were set');
  assert.is(again.run.trainer.recipe.decaySteps, 3, 'learning rates fall to zero at the new end, not at the old one');
  assert.is((await again.train()).step, 3);
  assert.equal(stepsIn(join(out, 'log.jsonl')), [1, 2, 3]);
});

test('a folder of people trains a swapper; a run that is stopped is saved, and its folder has to be opened again', async () => {
  const people = join(folder, 'people');
  await writeFaceFolder(people, { identities: 10, imagesPerIdentity: 2, size: SIZE, samples: 1 });
  const settings = newSettings({ ...micro, steps: 100_000 }, paper, { data: [{ folder: people, weight: 1 }] });
  const into = await RunFolder.open(join(folder, 'stopped'), await newRun(settings, identity));
  const said: string[] = [];
  const outcome = await into.train({
    onStep: () => into.stop('somebody said stop'),
    onNote: (line) => said.push(line),
    onLastStep: () => said.push('last step'),
  });
  assert.not(outcome.finished);
  assert.ok(outcome.step >= 1 && outcome.step < 100, `${outcome.step} steps`);
  assert.ok(said.indexOf('somebody said stop') < said.indexOf('last step'), String(said));
  const { trainer } = await resumedRun(outcome.checkpoint);
  assert.is(trainer.step, outcome.step);
  assert.match(
    await into.train().then(
      () => 'no error',
      (error: Error) => error.message,
    ),
    /stopped: this run has ended; open its folder again/,
  );
});

test('a folder of too few people is named; people with a single picture are in no pair', async () => {
  const people = join(folder, 'few');
  await writeFaceFolder(people, { identities: 3, imagesPerIdentity: 2, size: SIZE, samples: 1 });
  await writeFaceFolder(people, { identities: 4, imagesPerIdentity: 1, size: SIZE, samples: 1, firstIdentity: 100 });
  const settings = newSettings(micro, paper, { data: [{ folder: people, weight: 1 }] });
  const message = await newRun(settings, identity).then(
    () => 'no error',
    (error: Error) => error.message,
  );
  assert.match(message, /few: holds 3 people with two pictures or more; training needs at least 4, of whom 2 are kept/);
  await writeFaceFolder(people, { identities: 1, imagesPerIdentity: 2, size: SIZE, samples: 1, firstIdentity: 200 });
  const splits = (await newRun(settings, identity)).dataSets.map(({ split }) => split);
  assert.equal(
    splits.map(({ trained, heldOut, single }) => [trained.length, heldOut.length, single]),
    [[2, 2, 4]],
  );
});

test('rates that were set to fall over other steps than the run stay as they are when it grows', async () => {
  const settings = newSettings(micro, paper, { set: { decaySteps: 7 } });
  const { trainer } = await newRun(settings, identity);
  const path = join(folder, 'decay.safetensors');
  writeFileSync(path, await trainer.checkpoint(notesOf(settings)));
  assert.is((await resumedRun(path, { steps: 9 })).trainer.recipe.decaySteps, 7);
});

test('a finished run is not resumed without more steps', async () => {
  const path = join(folder, 'run', 'checkpoint.safetensors');
  try {
    await resumedRun(path);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /has done 3 of 3 steps already; ask for more with `steps`/);
  }
});

test('weights of something else are no identity network', async () => {
  try {
    await newRun(newSettings(micro, paper), join(folder, 'run', 'checkpoint.safetensors'));
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /names 'simswap', expected the weights of an identity network/);
  }
});

test('a log goes on at its step: later lines and a torn last one are dropped', async () => {
  const path = join(folder, 'torn.jsonl');
  const line = (step: number): LogLine => ({ step, event: 'step', values: { identity: step } });
  const whole = [1, 2, 3].map((step) => `${JSON.stringify(line(step))}\n`);
  writeFileSync(path, [...whole, '{"step":4,"ev'].join(''));
  const log = new TrainingLog(path, 2);
  log.add(line(3));
  await log.flush();
  assert.equal(readLog(path), [1, 2, 3].map(line));
});

test.run();
