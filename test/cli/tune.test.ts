/** @file `visage tune` on the software adapter, for a few seconds: a memo is written, and doctor finds it. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { visage } from './command.ts';

const test = suite('tune');
process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), 'visage-tune-')); // commands inherit it

const tuningOf = (stdout: string) => (JSON.parse(stdout) as { tuning: { problems: number; file: string } }).tuning;

test('measures problems of a swap and keeps them where doctor and later runs look', () => {
  const before = tuningOf(visage('doctor', '--json').stdout);
  assert.is(before.problems, 0);
  const parameters = ['--preset', 'tiny', '--size', '48', '--work', 'swap', '--precision', 'f32'];
  const { status, stdout, stderr } = visage('tune', ...parameters, '--seconds', '30', '--processors', '24');
  assert.is(status, 0, stderr);
  assert.match(stdout, /swap, f32, batch 1: \d+ problems/);
  assert.match(stdout, /gemm conv2d[^:]*: \w+ \d+\.\d+ ms/);
  const after = tuningOf(visage('doctor', '--json').stdout);
  assert.is(after.file, before.file);
  assert.ok(after.problems > 0);
  const { format, families } = JSON.parse(readFileSync(after.file, 'utf8')) as { format: string; families: object };
  assert.is(format, 'visage tuning memo 1');
  assert.equal(Object.keys(families), ['gemm']);
  const { processors } = JSON.parse(visage('doctor', '--json').stdout) as { processors: object };
  assert.equal(processors, { processors: 24, source: 'memo' });
});

test.run();
