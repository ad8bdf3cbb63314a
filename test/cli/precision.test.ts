/** @file On an adapter without f16 mixed precision is f32: commands that are asked for it say so, and name what ran. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram } from '@visage/cli';
import { currentGpu } from '@visage/gpu';
import { createDawn } from '@visage/gpu/node';
import { Command } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addBenches } from '../../bench/commands/benches.ts';

const test = suite('commands on an adapter without f16');
const folder = mkdtempSync(join(tmpdir(), 'visage-precision-'));

test.before(() => {
  createDawn(); // defines WebGPU's classes
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function (description) {
    const features = [...(description?.requiredFeatures ?? [])].filter((name) => name !== 'shader-f16');
    return requestDevice.call(this, { ...description, requiredFeatures: features });
  };
});

/** Runs a command and tells what it printed, and what it warned of. */
async function run(program: Command, ...parameters: string[]): Promise<{ printed: string; warnings: string[] }> {
  const { log, warn } = console;
  const printed: string[] = [];
  const warnings: string[] = [];
  console.log = (line: string) => printed.push(line);
  console.warn = (line: string) => warnings.push(line);
  try {
    await program.exitOverride().parseAsync(parameters, { from: 'user' });
  } finally {
    Object.assign(console, { log, warn });
  }
  currentGpu().destroy();
  return { printed: printed.join('\n'), warnings };
}

const WARNING = /^warning: .* has no f16 \(the feature shader-f16 is missing\): mixed precision computes in f32$/;

test('tune', async () => {
  const sizes = ['--preset', 'tiny', '--size', '48', '--seconds', '10', '--out', join(folder, 'memo.json')];
  const { printed, warnings } = await run(createProgram(), 'tune', ...sizes, '--work', 'swap', '--precision', 'mixed');
  assert.is(warnings.length, 1);
  assert.match(warnings[0] ?? '', WARNING);
  assert.match(printed, /swap, f32, batch 1/);
  assert.not.match(printed, /mixed/);
});

test('a benchmark, which measures f32 once', async () => {
  const program = new Command();
  addBenches(program);
  const json = join(folder, 'convolutions.json');
  const shape = ['--channels', '4', '--at', '4', '--repeat', '1'];
  const { warnings } = await run(program, 'convolutions', ...shape, '--precision', 'f32,mixed', '--json', json);
  assert.is(warnings.length, 1);
  assert.match(warnings[0] ?? '', WARNING);
  const { measured } = JSON.parse(readFileSync(json, 'utf8')) as { measured: { precision: string }[] };
  assert.equal(
    measured.map(({ precision }) => precision),
    ['f32'],
  );
});

test('a benchmark that nobody asked for mixed precision warns of nothing', async () => {
  const program = new Command();
  addBenches(program);
  const { warnings } = await run(program, 'convolutions', '--channels', '4', '--at', '4', '--repeat', '1');
  assert.equal(warnings, []);
});

test.run();
