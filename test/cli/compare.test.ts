/** @file `visage eval --compare`: one comparison of two steps each, and what it refuses. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram } from '@visage/cli';
import { readPng } from '@visage/faces/node';
import type { ComparisonResult } from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('eval --compare');

test('two steps each from two seeds: table, JSON and page have every system and every reference', async () => {
  const out = mkdtempSync(join(tmpdir(), 'visage-compare-'));
  const lines: string[] = [];
  const { log } = console;
  const { write } = process.stderr;
  console.log = (line: string) => lines.push(line);
  process.stderr.write = () => true;
  const sizes = ['--preset', 'tiny', '--size', '48', '--couples', '1', '--photos-each', '2', '--people', '4'];
  try {
    const parameters = [
      'eval',
      '--compare',
      ...sizes,
      '--steps',
      '2',
      '--meter-steps',
      '2',
      '--seeds',
      '2',
      '--out',
      out,
    ];
    await createProgram().exitOverride().parseAsync(parameters, { from: 'user' });
  } finally {
    console.log = log;
    process.stderr.write = write;
  }
  const names = ['SimSwap', 'FaceShifter', 'DeepFakes'];
  for (const name of [...names, 'copy the target', 'mean identity', 'exact truth'])
    assert.match(lines.join('\n'), new RegExp(`^${name} `, 'm'));
  const result = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8')) as ComparisonResult;
  assert.equal(
    result.systems.map(({ name }) => name),
    names,
  );
  for (const { scores, spent, parameters } of result.systems) {
    for (const [name, value] of Object.entries(scores)) assert.ok(Number.isFinite(value), name);
    assert.ok(spent.steps >= 2 && parameters > 1e5);
  }
  assert.equal(result.seeds, [1, 101]);
  for (const { runs, spread, scores } of result.systems) {
    assert.equal(
      runs.map(({ seed }) => seed),
      [1, 101],
    );
    assert.ok(runs.every(({ wallSeconds, spent }) => wallSeconds >= spent.seconds));
    const [a, b] = runs.map((run) => run.scores.psnr) as [number, number];
    assert.not.equal(a, b, 'another seed, another swapper');
    assert.ok(Math.abs(scores.psnr - (a + b) / 2) < 1e-9);
    assert.ok(Math.abs((spread?.psnr ?? 0) - Math.abs(a - b) / Math.SQRT2) < 1e-9);
  }
  assert.match(lines.join('\n'), /mean ± standard deviation over trainings from the seeds 1, 101/);
  assert.match(lines.join('\n'), /4 reporting people: no training saw them/);
  assert.match(lines.join('\n'), /Only SimSwap's learning rates were searched/);
  assert.is(result.references.copySource.retrieval, 1);
  assert.is(result.references.copyTarget.retrieval, 0);
  const html = readFileSync(join(out, 'index.html'), 'utf8');
  assert.match(html, /data:image\/png;base64/);
  assert.not.match(html, /(src|href)="(?!data:)/);
  const { width, height } = await readPng(join(out, 'comparison.png'));
  assert.ok(height > 6 * 96 && width > 2 * 96, `${width} x ${height}`);
});

test('too few people for a stranger and a size that does not fit are refused', async () => {
  const refused = async (pattern: RegExp, ...options: string[]) => {
    try {
      await createProgram()
        .exitOverride()
        .parseAsync(['eval', ...options], { from: 'user' });
    } catch (error) {
      assert.match((error as Error).message, pattern);
      return;
    }
    assert.unreachable();
  };
  await refused(/at least 10/, '--compare', '--couples', '4', '--people', '9');
  await refused(/multiple of 16/, '--compare', '--size', '50');
});

test.run();
