/**
 * @file Checkpoints: a resumed run gives the bits of an uninterrupted one, and a killed writer leaves the last good
 * file.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  liveCheckpoint,
  loadModule,
  PReLU,
  readSafetensors,
  restoreCheckpoint,
  Sequential,
  saveCheckpoint,
  seeded,
  snapshotCheckpoint,
  toFileOrder,
} from '@visage/nn';
import { loadFile, loadSafetensors, saveFile } from '@visage/nn/node';
import { grad, record, type Tensor, tensor } from '@visage/tensor';
import { equal, is, ok, throws } from 'uvu/assert';
import { writePiece } from '../../packages/gpu/src/node/save.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test } = await gpuSuite('checkpoints');

let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'visage-checkpoint-'));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

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

test('a snapshot is poured while the run goes on, and has the bits of its moment', async () => {
  const [run, still] = [new Run(), new Run()];
  for (const each of [run, still]) each.train(3);
  const expected = await still.save();
  const content = await snapshotCheckpoint(run.groups, { ...description, state: { step: run.step } });
  is(content.bytes, expected.length);
  run.train(5);
  const pieces: Uint8Array[] = [];
  let busy = false;
  await content.pour(async (piece) => {
    is(busy, false, 'one piece at a time');
    busy = true;
    run.train(run.step + 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    pieces.push(piece.slice());
    busy = false;
  });
  content.dispose();
  equal(Buffer.concat(pieces).equals(expected), true);
  equal(await liveCheckpoint(still.groups, { ...description, state: { step: 3 } }).collect(), expected);
});

test('files in pieces: every layout, tensors across pieces, short types behind them, as the host would order them', async () => {
  const random = hostRandom(5);
  const large = tensor(random.normals(3 * 2 ** 20), [3 * 2 ** 20]);
  const groups: CheckpointGroups = {
    net: seeded(3, build),
    loose: new Map([
      ['bytes', tensor(Uint8Array.of(1, 2, 3), [3])],
      ['large', large],
      ['other', tensor(random.normals(2 * 2 ** 20 + 1), [2 * 2 ** 20 + 1])],
      ['halves', tensor(Uint16Array.of(0x3c00, 0x4000, 0x4200), [3])],
      ['counts', tensor(Uint32Array.of(0x7f800000, 0xffffffff), [2])],
    ]),
  };
  const content = await snapshotCheckpoint(groups, { ...description, state: 1 });
  const lengths: number[] = [];
  await content.pour(async ({ length }) => {
    lengths.push(length);
  });
  equal(lengths.slice(1, 2), [16 * 2 ** 20]);
  const file = readSafetensors(await content.collect());
  for (const [name, values] of groups.loose as ReadonlyMap<string, Tensor>)
    equal(Buffer.from(file.tensors.get(`loose/${name}`)!.bytes), bytesOf(await values.data()), name);
  for (const [name, { tensor: own, layout }] of (groups.net as Sequential).state())
    equal(
      [...file.tensors.get(`net/${name}`)!.floats()],
      [...toFileOrder(await own.floats(), own.shape, layout)],
      name,
    );
});

test('the first value that is not finite is named by its place in the file', async () => {
  const run = new Run();
  const [name, { tensor: weight, layout }] = [...run.net.state()][0]!;
  const values = await weight.floats();
  values[7] = Number.POSITIVE_INFINITY;
  weight.write(values);
  const at = toFileOrder(values, weight.shape, layout).indexOf(Number.POSITIVE_INFINITY);
  ok(at !== 7, 'the file has another order');
  const message = await run.save().then(
    () => 'none',
    (error: Error) => error.message,
  );
  ok(
    message.startsWith(`saveCheckpoint: element ${at} of 'generator/${name}' is Infinity, expected a finite`),
    message,
  );
});

test('a save that fails in its middle leaves the file as it was, and says why', async () => {
  const path = join(folder, 'kept.safetensors');
  await saveFile(path, Buffer.from('good'));
  const pour = async (take: (piece: Uint8Array<ArrayBuffer>) => Promise<void>) => {
    await take(new Uint8Array(10));
    throw new Error('not finite');
  };
  const message = await saveFile(path, { bytes: 20, pour }).then(
    () => 'none',
    (error: Error) => error.message,
  );
  is(message, 'not finite');
  equal(readFileSync(path, 'utf8'), 'good');
  equal(
    readdirSync(folder).filter((name) => name.startsWith('kept')),
    ['kept.safetensors'],
  );
});

test('memory that the system cannot write from is copied, and only that', async () => {
  const written: number[] = [];
  const piece = Uint8Array.from({ length: 10 }, (_, k) => k);
  const fault = (code: string) => Object.assign(new Error(code), { code });
  await writePiece(
    {
      async write(bytes, offset, length) {
        if (offset === 4 && bytes === piece) throw fault('EFAULT');
        const count = Math.min(4, length);
        written.push(...bytes.subarray(offset, offset + count));
        return { bytesWritten: count };
      },
    },
    piece,
  );
  equal(written, [...piece]);
  let tries = 0;
  const write = async () => {
    tries++;
    throw fault('EFAULT');
  };
  is(await writePiece({ write }, piece).catch(({ code }) => code), 'EFAULT');
  is(tries, 2);
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
