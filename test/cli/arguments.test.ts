import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failureHere, visage } from './command.ts';

const test = suite('arguments');
const folder = mkdtempSync(join(tmpdir(), 'visage-arguments-'));
const golden = 'test/golden/optim.safetensors';

/** Mistakes, and what the one line about each must say. */
const MISTAKES: readonly (readonly [what: string, command: readonly string[], says: RegExp])[] = [
  ['an unknown command', ['swop'], /unknown command 'swop' \(Did you mean swap\?\)/],
  ['an unknown flag', ['doctor', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\)/],
  ['a missing option', ['swap', '--source', 'a.png'], /required option '--target <picture>' not specified/],
  ['a number out of range', ['train', '--steps', '0'], /expected an integer of at least 1/],
  ['a number that is none', ['faces', '--out', 'x', '--size', 'big'], /expected an integer from 16 to 1024/],
  ['a list of batches with a mistake', ['tune', '--batch', '4,x'], /expected integers from 1 to 512/],
  ['an unknown choice', ['train', '--preset', 'huge'], /Allowed choices are tiny/],
  ['an unknown precision', ['swap', '--precision', 'f16'], /Allowed choices are f32, mixed/],
  ['a size that the networks cannot take', ['train', '--size', '50'], /--size 50: .*multiple of 8/],
  ['a missing golden file', ['conformance', 'nothing.safetensors'], /nothing\.safetensors: no such file/],
  ['a missing checkpoint', ['eval', '--checkpoint', 'nothing.safetensors'], /nothing\.safetensors: no such file/],
  [
    'a checkpoint of something else',
    ['eval', '--checkpoint', golden],
    /optim\.safetensors: is no SimSwap checkpoint and no generator/,
  ],
  [
    'a resumed run with another size',
    ['train', '--resume', golden, '--size', '64'],
    /--size cannot change in a resumed run/,
  ],
  [
    'a resumed run by another recipe',
    ['train', '--resume', golden, '--recipe', 'oFM'],
    /--recipe cannot change in a resumed run/,
  ],
  [
    'a field that no recipe has',
    ['train', '--set', 'weights.identty=20'],
    /field is 'weights\.identty', expected one of head, .*weights\.identity/,
  ],
  ['a field out of range', ['train', '--set', 'weights.identity=-1'], /is -1, expected a number from 0 to 1000000/],
  ['a field without a value', ['profile', '--set', 'turns'], /expected a field and its value/],
  [
    'a field that is set twice',
    ['train', '--set', 'hingeFactor=1', '--set', 'hingeFactor=2'],
    /hingeFactor is set twice/,
  ],
  [
    'a resumed run with another field',
    ['train', '--resume', golden, '--set', 'weights.identity=20'],
    /--set cannot change in a resumed run/,
  ],
  [
    'several seeds of a checkpoint',
    ['eval', '--checkpoint', golden, '--seeds', '3'],
    /--seeds is for --compare; add --compare/,
  ],
  ['a resumed run elsewhere', ['train', '--resume', golden, '--out', 'x'], /--out cannot change in a resumed run/],
  [
    'a comparison in mixed precision',
    ['eval', '--compare', '--precision', 'mixed'],
    /--compare trains and swaps in f32/,
  ],
  [
    'an option of the comparison without it',
    ['eval', '--checkpoint', golden, '--meter-steps', '9'],
    /--meter-steps is for --compare; add --compare/,
  ],
  [
    'other local steps of a resumed run',
    ['train', '--resume', golden, '--sync-every', '4'],
    /--sync-every cannot change in a resumed run/,
  ],
  ['local steps on one GPU', ['train', '--sync-every', '4'], /--sync-every is for several GPUs; add --gpus/],
  ['rates of several GPUs on one', ['train', '--scale-rate', 'root'], /--scale-rate is for several GPUs; add --gpus/],
  ['one GPU that is kept apart', ['train', '--isolate'], /--isolate is for --gpus.*; add --gpus/],
  [
    'a resumed run in another precision',
    ['train', '--resume', golden, '--precision', 'mixed'],
    /--precision cannot change in a resumed run/,
  ],
];

const isOneLine = ({ status, stderr }: { status: number | null; stderr: string }, says: RegExp): void => {
  assert.is(status, 1, stderr);
  assert.match(stderr, says);
  assert.match(stderr, /^visage: /);
  assert.is(stderr.split('\n').length, 1, stderr);
};

for (const [what, command, says] of MISTAKES)
  test(`${what} is one line and a non-zero status`, async () => isOneLine(await failureHere(...command), says));

test('a process of its own ends so, too: after a mistake in the words, in a number and in a file', () => {
  for (const kind of ['an unknown command', 'a number out of range', 'a missing golden file']) {
    const [, command, says] = MISTAKES.find(([what]) => what === kind)!;
    isOneLine(visage(...command), says);
  }
});

test('a truncated file is named as such', async () => {
  const path = join(folder, 'cut.safetensors');
  writeFileSync(path, readFileSync(golden).subarray(0, 5000));
  for (const command of [
    ['conformance', path],
    ['eval', '--checkpoint', path],
  ]) {
    const { status, stderr } = await failureHere(...command);
    assert.is(status, 1);
    assert.match(stderr, /^visage: .*cut\.safetensors: .*truncated/);
  }
});

test('conformance: status 0 when all pass, 1 and the case by name when a golden is wrong', () => {
  assert.is(visage('conformance', golden).status, 0);
  const bytes = readFileSync(golden);
  const last = bytes.length - 4;
  bytes.writeFloatLE(bytes.readFloatLE(last) + 1, last);
  const path = join(folder, 'wrong.safetensors');
  writeFileSync(path, bytes);
  const { status, stdout } = visage('conformance', path, '--json');
  assert.is(status, 1);
  const { passed, cases } = JSON.parse(stdout) as { passed: boolean; cases: { case: string; status: string }[] };
  assert.not(passed);
  assert.equal(
    cases.filter((each) => each.status === 'fail').map((each) => each.case),
    ['sgd_momentum'],
  );
});

test('doctor names the adapter and what will be slow', () => {
  const { status, stdout } = visage('doctor', '--json');
  assert.is(status, 0);
  const diagnosis = JSON.parse(stdout) as { adapter: string; software: boolean; notes: string[] };
  assert.ok(diagnosis.adapter.length > 0);
  if (diagnosis.software) assert.match(diagnosis.adapter, /software/);
});

test.run();
