/** @file From photographs to a swap: `visage dataset`, `visage train --data`, `visage swap`, with small numbers. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPicture } from '@visage/photos/node';
import { HeldOutEvaluation, judgeOf, logLines, openDataSet, PhotoJudge, Pictures } from '@visage/training';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { visageHere as visage } from './command.ts';
import { demo } from './photographs.ts';

const { test } = await gpuSuite('from photographs to a swap');
const folder = mkdtempSync(join(tmpdir(), 'visage-through-'));
const at = (name: string): string => join(folder, name);
test.after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Four people of two photographs: the middle of each face. The pictures are so small that one look at the whole finds
 * every face that is large enough for the set.
 */
const people: readonly (readonly [name: string, file: string, x: number, y: number])[] = [
  ['anna', 'sample1.jpg', 502, 474],
  ['ben', 'sample1.jpg', 931, 534],
  ['carl', 'sample1.jpg', 1577, 320],
  ['dora', 'sample2.jpg', 990, 400],
];
const [WIDTH, HEIGHT] = [640, 320]; // of the part of the photograph
const SCALE = 0.5;

test.before(async () => {
  for (const [name, file, x, y] of people) {
    mkdirSync(at(`photos/${name}`), { recursive: true });
    const { width = 0, height = 0 } = await sharp(join(demo, file)).metadata();
    const left = Math.max(0, Math.min(width - WIDTH, x - WIDTH / 2));
    const top = Math.max(0, Math.min(height - HEIGHT, y - HEIGHT / 2));
    const one = sharp(join(demo, file))
      .extract({ left, top, width: WIDTH, height: HEIGHT })
      .resize(SCALE * WIDTH, SCALE * HEIGHT);
    await one
      .clone()
      .png()
      .toFile(at(`photos/${name}/1.png`));
    await one
      .clone()
      .blur(0.7)
      .modulate({ brightness: 1.15 })
      .png()
      .toFile(at(`photos/${name}/3.png`));
    await one
      .clone()
      .flop()
      .modulate({ brightness: 0.8 })
      .jpeg({ quality: 90 })
      .toFile(at(`photos/${name}/2.jpg`));
  }
});

test('photographs become a set, the set trains a swapper, and the swapper changes a photograph', async () => {
  const set = await visage('dataset', at('photos'), '--out', at('set'), '--size', '64', '--duplicate', '-1');
  assert.match(set, /4 people/);
  const { people: found, faces } = JSON.parse(readFileSync(at('set/set.json'), 'utf8'));
  assert.equal([found, faces], [4, 12]);

  const data = await openDataSet(at('set'));
  const judge = await judgeOf(undefined, data.template);
  assert.instance(judge, PhotoJudge);
  const measured = await HeldOutEvaluation.prepare({ judge, people: data.people, pictures: new Pictures(data, 64) });
  assert.is(measured?.people, 4);
  assert.is(measured?.references.photo.top1, 1, 'the judge knows everybody by another photograph');
  assert.is(measured?.references.copyTarget.top1, 0);
  assert.ok((measured?.references.photo.margin ?? 0) > 0.05);

  const run = ['--preset', 'tiny', '--size', '32', '--batch', '1', '--steps', '3', '--out', at('run')];
  await visage('train', '--data', at('set'), ...run);
  const steps = [...logLines(at('run/log.jsonl'))].filter(({ event }) => event === 'step');
  assert.is(steps.length, 3);

  const [target, out] = [at('photos/ben/1.png'), at('out.png')];
  const files = ['--source', at('photos/anna/1.png'), '--target', target, '-o', out];
  const printed = await visage('swap', '--checkpoint', at('run/checkpoint.safetensors'), ...files, '--no-label');
  assert.match(printed, /out\.png: 320 x 160/);
  assert.ok(existsSync(out), printed);
  const [before, after] = [await readPicture(target), await readPicture(out)];
  const changed = before.data.reduce((sum, byte, k) => sum + Number(byte !== after.data[k]), 0) / before.data.length;
  assert.ok(changed > 0.02 && changed < 0.4, `${changed} of the bytes are changed`);
});

test.run();
