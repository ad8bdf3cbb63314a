/**
 * @file Checkpoints: a resumed run gives the bits of an uninterrupted one, and a killed writer leaves the last good
 * file.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Adam,
  BatchNorm2d,
  type CheckpointGroups,
  Conv2d,
  checkpointState,
  ExponentialMovingAverage,
  loadModule,
  PReLU,
  readSafetensors,
  restoreCheckpoint,
  Sequential,
  saveCheckpoint,
  seeded,
} from '@visage/nn';
import { loadFile, loadSafetensors, saveFile } from '@visage/nn/node';
import { grad, record, type Tensor, tensor } from '@visage/tensor';
import { equal, is, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test } = await gpuSuite('checkpoints');

let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'visage-checkpoint-'));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const build = () =>
  new Sequential(new Conv2d(3, 4, 3, { padding: 1 }), new BatchNorm2d(4), new PReLU(4), new Conv2d(4, 3, 3));
const description = { architecture: 'toy', config: { width: 4 } };

/** A training run with every kind of state: network with running statistics, its average, moments, a random counter. */
class Run {
  readonly net = seeded(1, build);
  readonly ema = new ExponentialMovingAverage(this.net, seeded(2, build), 0.9);
  readonly adam = new Adam(this.net.namedParameters(), { betas: [0, 0.999] });
  readonly counter = tensor(Uint32Array.of(0), [1]);
  readonly image = tensor(new Float32Array(2 * 8 * 8 * 3), [2, 8, 8, 3]);
  step = 0;
  readonly #recorded = record(() => {
    const y = this.net.forward(this.image);
    this.adam.step(grad(y.square().mean(), this.adam.parameters));
    this.ema.update();
  });

  get groups(): CheckpointGroups {
    const random = new Map([['counter', this.counter]]);
    return { generator: this.net, average: this.ema.average, adam: this.adam.stateDict(), random };
  }

  train(until: number): void {
    for (; this.step < until; this.step++) {
      this.image.write(hostRandom(this.step).normals(this.image.size));
      this.#recorded.run();
      this.counter.write(Uint32Array.of(4e9 + this.step));
    }
  }

  save(): Promise<Uint8Array> {
    return saveCheckpoint(this.groups, { ...description, state: { step: this.step } });
  }
}

test('a resumed run continues bit for bit', async () => {
  const path = join(folder, 'run.safetensors');
  const whole = new Run();
  whole.train(8);
  const first = new Run();
  first.train(4);
  await saveFile(path, await first.save());

  const file = await loadSafetensors(path);
  const resumed = new Run();
  resumed.train(1); // what a restore must overwrite
  restoreCheckpoint(resumed.groups, file);
  resumed.step = (checkpointState(file) as { step: number }).step;
  is(resumed.step, 4);
  resumed.train(8);
  equal(await resumed.save(), await whole.save());
});

test('a network can be taken out of a checkpoint', async () => {
  const run = new Run();
  run.train(3);
  const net = seeded(9, build);
  loadModule(net, await run.save(), { architecture: 'toy', prefix: 'average/' });
  for (const [name, values] of net.stateDict()) {
    equal(await values.floats(), await run.ema.average.stateDict().get(name)!.floats());
  }
});

test('a checkpoint of something else is refused, and nothing is written', async () => {
  const run = new Run();
  const file = readSafetensors(await run.save(), 'run.safetensors');
  const before = await run.net.parameters()[0]!.floats();
  run.net.parameters()[0]!.write(before.map((value) => value + 1));
  const restore = (change: Record<string, ReadonlyMap<string, Tensor>>) =>
    restoreCheckpoint({ ...run.groups, ...change }, file);
  throws(
    () => restore({ extra: new Map([['a', tensor([1], [1])]]) }),
    /^run.safetensors: has no entry 'extra\/a'; it is/,
  );
  throws(() => restore({ random: new Map() }), /has an entry 'random\/counter' that this run does not have/);
  throws(
    () => restore({ random: new Map([['counter', tensor([1], [1])]]) }),
    /'random\/counter' is U32\[1\], the run has f32\[1\]/,
  );
  throws(() => restore({ random: new Map([['counter', tensor(Uint32Array.of(1, 2), [2])]]) }), /the run has u32\[2\]/);
  ok((await run.net.parameters()[0]!.floats()).every((value, k) => value === Math.fround(before[k]! + 1)));
  throws(() => checkpointState({ ...file, metadata: {} }), /is no training checkpoint/);
  throws(() => checkpointState({ ...file, metadata: { state: '{' } }), /is not JSON/);
});

test('errors of the disk name the file', async () => {
  const message = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: Error) => error.message,
    );
  is(await message(loadFile(join(folder, 'none.safetensors'))), `${join(folder, 'none.safetensors')}: no such file`);
  is(await message(loadFile(folder)), `${folder}: is not a file`);
  const lost = join(folder, 'no', 'such', 'place');
  ok((await message(saveFile(lost, new Uint8Array(1)))).startsWith(`${lost}: cannot be written (ENOENT`));
  const text = join(folder, 'text.safetensors');
  writeFileSync(text, 'this is no weight file at all');
  ok(/text.safetensors: claims a header of/.test(await message(loadSafetensors(text))));
});

test('a writer that is killed leaves the last good file', async () => {
  const path = join(folder, 'killed.safetensors');
  const part = () => statSync(`${path}.visage-part`, { throwIfNoEntry: false })?.size ?? 0;
  const register = new URL('../../scripts/register.mjs', import.meta.url).href;
  const writer = fileURLToPath(new URL('endlessWriter.ts', import.meta.url));
  for (let attempt = 0; attempt < 3; attempt++) {
    const child = spawn(process.execPath, ['--import', register, writer, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data'); // one file is complete
    const deadline = Date.now() + 20_000;
    while (part() === 0 && Date.now() < deadline);
    child.kill('SIGKILL');
    await ended;
    const values = (await loadSafetensors(path)).tensors.get('values')!.floats();
    is(values.length, 6e6);
    ok(values[0]! >= 1 && values.every((value) => value === values[0]));
  }
  await saveFile(path, new Uint8Array(8));
  equal(
    readdirSync(folder).filter((name) => name.startsWith('killed')),
    ['killed.safetensors'],
  );
});

test.run();
