/**
 * @file One training at a time in a folder: the second one changes nothing and is refused by name, and a run that was
 * killed is resumed.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFaceFolder } from '@visage/faces/node';
import { checkNobodyTrains, emptyRunFolder, RunFolder, resumedRun } from '@visage/training';
import * as assert from 'uvu/assert';
import { RunLock } from '../../packages/training/src/runs/lock.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { micro, microRun } from './microRun.ts';

const { test } = await gpuSuite('one training at a time');
const folder = mkdtempSync(join(tmpdir(), 'visage-lock-'));
const people = join(folder, 'people');
const root = fileURLToPath(new URL('../..', import.meta.url));
test.after(() => rmSync(folder, { recursive: true, force: true }));
test.before(async () => {
  await writeFaceFolder(people, { identities: 11, imagesPerIdentity: 3, size: micro.imageSize, samples: 1 });
});

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: Error) => error.message,
  );
const lockIn = (out: string) => join(out, 'run.lock');

function emptyFolder(name: string): string {
  const out = join(folder, name);
  mkdirSync(out);
  return out;
}

/** The bytes and times of all files of a folder. */
const contentsOf = (out: string) =>
  readdirSync(out, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mtimeMs, size } = statSync(join(out, name));
      return [name, mtimeMs, size];
    });

/** A training in a process of its own, once its first checkpoint is there. */
async function trainingIn(out: string) {
  const program = ['--import', './scripts/register.mjs', 'test/training/microProgram.ts'];
  const child = spawn(process.execPath, program, { cwd: root, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end(`${JSON.stringify([people, out])}\n`);
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  while (!existsSync(join(out, 'checkpoint.safetensors'))) {
    assert.is(child.exitCode, null, 'it trains');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { child, ended };
}

test('a second training beside one of another process changes nothing and is refused; one that was killed is resumed', async () => {
  const out = join(folder, 'two');
  const { child, ended } = await trainingIn(out);
  child.kill('SIGSTOP'); // it is still there, and holds still while files are compared
  const before = contentsOf(out);
  const named = new RegExp(`two: another training runs in this folder \\(process ${child.pid} on .+, since 20.+\\)`);
  const resumed = await resumedRun(join(out, 'checkpoint.safetensors'));
  assert.match(await messageOf(RunFolder.open(out, resumed)), named);
  assert.match(await messageOf(checkNobodyTrains(out)), named);
  assert.match(await messageOf(emptyRunFolder(out)), named);
  assert.equal(contentsOf(out), before);
  child.kill('SIGKILL');
  await ended;

  assert.ok(existsSync(lockIn(out)), 'a killed run cannot remove its lock');
  const notes: string[] = [];
  const outcome = await (await RunFolder.open(out, resumed)).train({ onNote: (line) => notes.push(line) });
  assert.ok(outcome.finished);
  assert.match(notes[0] ?? '', new RegExp(`took over the lock of process ${child.pid}, which began 20.+ and is gone`));
  assert.not(existsSync(lockIn(out)));
});

test('two runs of one process are two trainings as well', async () => {
  const out = join(folder, 'same process');
  const run = await microRun(people, { steps: 1 });
  const first = await RunFolder.open(out, run);
  assert.match(await messageOf(RunFolder.open(out, run)), new RegExp(`process ${process.pid} on`));
  await first.close();
  await (await RunFolder.open(out, run)).close();
  assert.not(existsSync(lockIn(out)));
});

test('a lock of another host is believed, since nobody can see from here whether its process is there', async () => {
  const out = emptyFolder('elsewhere');
  const holder = { host: `not ${hostname()}`, pid: 1, since: '2026-01-01T00:00:00.000Z', processStart: null };
  writeFileSync(lockIn(out), JSON.stringify(holder));
  assert.match(await messageOf(RunLock.take(out)), /process 1 on not .*cannot be seen from here, remove .*run\.lock/);
});

test('a number that belongs to another process by now does not hold a lock', async () => {
  const out = emptyFolder('number');
  const holder = { host: hostname(), pid: process.pid, since: '2026-01-01T00:00:00.000Z', processStart: 'long ago' };
  writeFileSync(lockIn(out), JSON.stringify(holder));
  const taken = await RunLock.take(out).catch((error: Error) => error);
  if (process.platform === 'linux') assert.instance(taken, RunLock);
  else assert.instance(taken, Error, 'where a system does not tell when a process began, the number decides');
});

test('a lock that nobody can read is taken over, and is its new owner alone to remove', async () => {
  const out = emptyFolder('unreadable');
  for (const text of ['', '{"pid":', '[1]', 'null', '{"host":"x","pid":-1,"since":"y"}']) {
    writeFileSync(lockIn(out), text);
    const lock = await RunLock.take(out);
    assert.match(lock.note ?? '', /took over the lock of nobody who can be told/);
    assert.match(readFileSync(lockIn(out), 'utf8'), new RegExp(`"pid":${process.pid}`));
    writeFileSync(lockIn(out), 'of somebody else');
    await lock.release();
    assert.is(readFileSync(lockIn(out), 'utf8'), 'of somebody else');
  }
});

test('of many who want a stale lock at once, one has it', async () => {
  const out = emptyFolder('many');
  writeFileSync(lockIn(out), 'stale');
  const all = await Promise.all(Array.from({ length: 8 }, () => RunLock.take(out).catch((error: Error) => error)));
  const winners = all.filter((taken) => taken instanceof RunLock);
  assert.is(winners.length, 1, `${winners.length} of 8`);
  for (const taken of all) if (taken instanceof Error) assert.match(taken.message, /another training runs/);
  assert.equal(readdirSync(out), ['run.lock']);
});

test('a folder is emptied but for nothing when nobody trains there', async () => {
  const out = emptyFolder('old');
  mkdirSync(join(out, 'samples'));
  writeFileSync(join(out, 'samples', 'step-0000000.png'), 'x');
  await emptyRunFolder(out);
  assert.equal(readdirSync(out), []);
  await emptyRunFolder(join(folder, 'not there'));
});

test.run();
