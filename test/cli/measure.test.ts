/** @file `visage eval`, `visage faces` and `visage profile`, in this process. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram } from '@visage/cli';
import { listFaceFolder, readPng } from '@visage/faces/node';
import type { ProfileRow } from '@visage/gpu';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { tinyTrainer } from '../helpers/tinySwapper.ts';

const { test } = await gpuSuite('eval, faces and profile');
const folder = mkdtempSync(join(tmpdir(), 'visage-measure-'));

/** What a command prints. */
async function printed(...parameters: string[]): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    await createProgram().exitOverride().parseAsync(parameters, { from: 'user' });
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}

test('eval measures a checkpoint beside the answers that need no swapper', async () => {
  const checkpoint = join(folder, 'c.safetensors');
  writeFileSync(checkpoint, await tinyTrainer().checkpoint());
  const report = JSON.parse(await printed('eval', '--checkpoint', checkpoint, '--people', '9', '--json'));
  assert.is(report.level, 'L1', 'the file does not tell on what it was trained');
  const { scores, references } = report as { scores: Scores; references: Record<string, Scores> };
  assert.equal(Object.keys(references).sort(), ['copySource', 'copyTarget', 'meanIdentity', 'truth']);
  for (const value of Object.values(scores)) assert.type(value, 'number');
  // 18 swaps in two batches. The judge knows the sources of copies, and never takes a target for its source.
  assert.ok(references.truth!.top1 >= 0.9);
  assert.ok(references.copySource!.top1 >= 0.9);
  assert.is(references.copyTarget!.leak, 1);
  assert.is(references.copySource!.leak, 0);
  assert.ok(references.copyTarget!.psnr > references.copySource!.psnr);
});

interface Scores {
  readonly psnr: number;
  readonly top1: number;
  readonly leak: number;
}

test('faces writes folders of people with labels', async () => {
  const out = join(folder, 'faces');
  const numbers = ['--identities', '3', '--images', '2', '--size', '48', '--first', '7'];
  assert.match(await printed('faces', '--out', out, ...numbers), /6 images of 3 people, 48 x 48/);
  const people = await listFaceFolder(out);
  assert.equal(
    people.map(({ name, files }) => [name, files.length]),
    [
      ['0000007', 2],
      ['0000008', 2],
      ['0000009', 2],
    ],
  );
  const { width, height } = await readPng(people[0]!.files[0]!);
  assert.equal([width, height], [48, 48]);
  assert.is(readFileSync(join(out, 'faces.jsonl'), 'utf8').trim().split('\n').length, 6);
});

test('profile tells the time of each kernel of a training step', async () => {
  const report = JSON.parse(await printed('profile', '--preset', 'tiny', '--batch', '1', '--steps', '1', '--json'));
  const { preset, batchSize, kernels } = report as { preset: string; batchSize: number; kernels: ProfileRow[] };
  assert.equal([preset, batchSize], ['tiny', 1]);
  assert.ok(kernels.some(({ kernel }) => kernel.includes('faces/render')));
  for (const { kernel, calls, ms } of kernels) assert.ok(calls >= 1 && ms >= 0, kernel);
});

test('profile shows which variants ran, and numbers the reasons why not others', async () => {
  const text = await printed('profile', '--preset', 'tiny', '--batch', '1', '--steps', '1');
  const product = text.split('\n').find((line) => line.startsWith('gemm/conv2d '));
  assert.match(product ?? '', /implicit gemm, \w+ \(\d+\).* \d/);
  assert.match(text, /why not others\n +family +not taken +because\n1 /);
  assert.match(text, /conv +winograd 4x4 +\w/);
});

test('profile takes recipe, precision and identity network as train and tune do', async () => {
  const sizes = ['--preset', 'tiny', '--size', '32', '--batch', '1', '--steps', '1', '--json'];
  const which = ['--recipe', 'released-2021', '--precision', 'mixed'];
  const report = JSON.parse(await printed('profile', ...sizes, ...which));
  const { recipe, precision, identity } = report as Record<string, string>;
  assert.equal([recipe, precision, identity], ['released-2021', 'mixed', 'built-in']);
  const kernels = (report as { kernels: ProfileRow[] }).kernels.map(({ kernel }) => kernel);
  assert.ok(
    kernels.some((kernel) => kernel.includes('cast')),
    'nothing was cast to f16',
  );
});

test.run();
