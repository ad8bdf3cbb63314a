/** @file `visage eval` of what comes with Visage, as a user calls it: on mesh heads, and among photographs. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pngTexts, readPng } from '@visage/faces/node';
import { SOURCE_TYPE } from '@visage/photos';
import { builtInWeights, type PortraitMeasurement, type PortraitScores } from '@visage/training';
import * as assert from 'uvu/assert';
import { type NetworkFlags, readNetworks } from '../../packages/cli/src/photos/networks.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { tinyTrainer } from '../helpers/tinySwapper.ts';
import { visageHere } from './command.ts';
import { writeHeads } from './photographs.ts';

const { test } = await gpuSuite('eval of what ships');
const folder = mkdtempSync(join(tmpdir(), 'visage-eval-'));

test('without a checkpoint the swapper that ships is measured on mesh heads of level M2', async () => {
  const report = JSON.parse(await visageHere('eval', '--people', '3', '--json'));
  const { checkpoint, level, people, peopleSet } = report as Record<string, unknown>;
  assert.equal([checkpoint, level, people, peopleSet], [null, 'M2', 3, 'reporting']);
  const { scores, references } = report as { scores: Scores; references: Record<string, Scores> };
  for (const [name, value] of Object.entries(scores)) assert.ok(Number.isFinite(value), name);
  assert.is(references.copyTarget!.leak, 1);
  assert.is(references.copySource!.leak, 0);
  assert.ok(scores.psnr > references.copySource!.psnr, 'a swap is nearer to the truth than the source is');
  assert.ok(scores.leak < 1, 'some swaps are nearer to their source');
});

interface Scores {
  readonly psnr: number;
  readonly leak: number;
}

test('a generator alone is asked for its identity network, and an identity network for its generator', async () => {
  const generator = builtInWeights('heads-swapper');
  assert.match(await visageHere('eval', '--checkpoint', generator), /swapping needs .* identity network.*--identity/);
  assert.match(await visageHere('eval', '--identity', builtInWeights('heads-identity')), /--checkpoint names none/);
  const both = ['--checkpoint', generator, '--identity', builtInWeights('heads-identity')];
  assert.match(await visageHere('eval', ...both, '--judge', generator), /leave --data and --judge out/);
});

test('swaps among photographs: a file that cannot be read is named, and the sheet is marked', async () => {
  const [photos, out, checkpoint] = ['photos', 'out', 'c.safetensors'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(photos);
  await writeHeads('sample1.jpg', join(photos, 'a.png'));
  await writeHeads('sample2.jpg', join(photos, 'b.png'));
  writeFileSync(join(photos, 'c.png'), 'no picture');
  writeFileSync(checkpoint, await tinyTrainer().checkpoint());
  const call = ['eval', '--photos', photos, '--checkpoint', checkpoint];
  assert.match(await visageHere(...call), /does not say how the faces .* name it with --template/);
  const text = await visageHere(...call, '--template', 'simswap', '--out', out, '--json');
  const { figures, people, leftOut, swaps } = JSON.parse(text) as PortraitMeasurement & { figures: PortraitScores };
  assert.equal([people.length, swaps.length, figures.swaps, figures.leaking], [2, 2, 2, 0]);
  const more = JSON.parse(await visageHere(...call, '--template', 'simswap', '--exaggerate', '3', '--json'));
  assert.equal([JSON.parse(text).exaggeration, more.exaggeration], [0, 3]);
  assert.is.not(more.figures.scores.toTarget, figures.scores.toTarget);
  assert.match(leftOut[0]?.why ?? '', /c\.png/);
  assert.is(figures.copyTarget.nearer, 0);
  assert.ok(figures.copyTarget.toSource > 0.6, 'dlib tells the two people apart');
  for (const value of Object.values(figures.scores)) assert.ok(Number.isFinite(value));
  const sheet = join(out, 'sheet.png');
  assert.match(pngTexts(readFileSync(sheet), sheet)['XML:com.adobe.xmp'] as string, SOURCE_TYPE);
  const { width, height } = await readPng(sheet);
  assert.equal([width, height], [2 + 3 * 130, 2 + 3 * 130 + 16]);
});

test('the networks that ship exaggerate in photographs, named ones only if they are asked to', async () => {
  const exaggeration = async (flags: NetworkFlags) => (await readNetworks(flags)).exaggeration;
  const named = { checkpoint: builtInWeights('heads-swapper'), identity: builtInWeights('heads-identity') };
  assert.is(await exaggeration({}), 1);
  assert.is(await exaggeration({ exaggerate: 0 }), 0);
  assert.is(await exaggeration(named), 0);
  assert.is(await exaggeration({ ...named, exaggerate: 0.5 }), 0.5);
});

test('options that would do nothing are refused', async () => {
  const refused = async (says: RegExp, ...options: string[]) =>
    assert.match(await visageHere('eval', ...options), says);
  await refused(/--pairs is for --photos; add --photos FOLDER/, '--pairs', '3');
  await refused(/--exaggerate is for --photos/, '--exaggerate', '1');
  await refused(/--photos measures on photographs of a folder; leave --level out/, '--photos', '.', '--level', 'M1');
  await refused(/--couples is for --compare/, '--photos', '.', '--couples', '2');
  await refused(/--out is for --compare/, '--out', 'x');
  await refused(/leave --identity out/, '--compare', '--identity', 'x');
});

test.run();
