/**
 * @file Runs that are killed at any moment and resumed end as one that was never killed, bit for bit: tensors, lines of
 * the log, pictures.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFaceFolder } from '@visage/faces/node';
import { HostRandom, readSafetensors, type SafetensorsFile } from '@visage/nn';
import { logLines } from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { bundledProgram } from '../helpers/program.ts';
import { micro } from './microRun.ts';

const { test } = await gpuSuite('killed runs');

const KILLS = 20;
const SEED = 11;
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'visage-killed-'));
const data = join(folder, 'people');
const program = await bundledProgram('test/training/microProgram.ts');
test.after(() => {
  for (const path of [folder, dirname(program)]) rmSync(path, { recursive: true, force: true });
});

test.before(async () => {
  await writeFaceFolder(data, { identities: 11, imagesPerIdentity: 3, size: micro.imageSize, samples: 1 });
  truncateSync(join(data, '0000001', '0000004.png'), 700);
});

/** Starts the program in a process of its own, where it waits for its work. */
function start(): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [program], { cwd: root });
  waiting.add(child);
  child.on('close', () => waiting.delete(child));
  return child;
}
const waiting = new Set<ChildProcessWithoutNullStreams>();
test.after(() => {
  for (const child of waiting) child.kill('SIGKILL');
});
/** The process that trains next: it starts while the one before it trains. */
let next: ChildProcessWithoutNullStreams | undefined;

/**
 * Trains in a process of its own, and kills it so many milliseconds after it began to train.
 *
 * Returns whether it came to its end before that, and how long it trained.
 */
function trainFor(milliseconds: number, out: string): Promise<{ readonly ended: boolean; readonly took: number }> {
  const child = next ?? start();
  next = start();
  return new Promise((resolve, reject) => {
    let [errors, ready] = ['', 0];
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.stdout.once('data', () => {
      ready = performance.now();
      if (Number.isFinite(milliseconds)) timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      const took = performance.now() - ready;
      if (status === 0 || signal === 'SIGKILL') resolve({ ended: status === 0, took });
      else reject(new Error(`the run ended with status ${status}, signal ${signal}: ${errors}`));
    });
    child.stdin.end(`${JSON.stringify([data, out])}\n`);
  });
}

/** Every line of the log but how fast the steps were. */
const linesOf = (out: string) =>
  [...logLines(join(out, 'log.jsonl'))].map(({ values, ...line }) => {
    const { stepsPerSecond: _, ...losses } = values;
    return { ...line, losses };
  });

const picturesOf = (out: string) =>
  ['swap.png', ...readdirSync(join(out, 'samples')).map((name) => join('samples', name))]
    .filter((name) => name.endsWith('.png'))
    .sort();

/** Tensors bit for bit, and what is said of them; the order of names in its JSON is nobody's business. */
function assertSameCheckpoint(killed: string, through: string): void {
  const [a, b] = [killed, through].map((out) => {
    const { tensors, metadata } = readSafetensors(readFileSync(join(out, 'checkpoint.safetensors')));
    const said = Object.entries(metadata).map(([name, text]) => [name, text.startsWith('{') ? JSON.parse(text) : text]);
    return { tensors, said: Object.fromEntries(said) };
  }) as [SavedRun, SavedRun];
  assert.equal(a.said, b.said);
  assert.equal([...a.tensors.keys()].sort(), [...b.tensors.keys()].sort());
  for (const [name, tensor] of a.tensors) {
    const [values, others] = [tensor.host(), b.tensors.get(name)?.host()] as [Float32Array, Float32Array];
    assert.ok(
      values.every((value, k) => Object.is(value, others[k])),
      `${name} differs`,
    );
  }
}

type SavedRun = { readonly tensors: SafetensorsFile['tensors']; readonly said: unknown };

function assertSameRun(killed: string, through: string): void {
  assert.equal(linesOf(killed), linesOf(through));
  assertSameCheckpoint(killed, through);
  assert.equal(picturesOf(killed), picturesOf(through));
  for (const name of picturesOf(through)) {
    assert.ok(readFileSync(join(killed, name)).equals(readFileSync(join(through, name))), `${name} differs`);
  }
}

test(`${KILLS} kills at random moments leave no trace`, async () => {
  const through = join(folder, 'through');
  const { took } = await trainFor(Number.POSITIVE_INFINITY, through);
  const steps = linesOf(through).flatMap(({ event, step }) => (event === 'step' ? [step] : []));
  assert.equal(
    steps,
    Array.from({ length: micro.steps }, (_, k) => k + 1),
  );
  assert.is(linesOf(through).filter(({ event }) => event === 'warning').length, 1, 'one cut picture, told once');

  const random = new HostRandom(SEED);
  let [kills, finished] = [0, 0];
  for (let out = join(folder, 'killed'); kills < KILLS; ) {
    const { ended } = await trainFor((random.uniform(1)[0] as number) * took * 0.3, out);
    if (!ended) kills += 1;
    else {
      assertSameRun(out, through);
      finished += 1;
      out = join(folder, `killed again ${finished}`);
    }
    if (kills < KILLS) continue;
    await trainFor(Number.POSITIVE_INFINITY, out);
    assertSameRun(out, through);
  }
});

test.run();
