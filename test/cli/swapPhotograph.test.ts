/** @file `visage swap` on real photographs: those that come with the package of the detector's weights. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveModule, seeded } from '@visage/nn';
import { type Picture, picture, SOURCE_TYPE } from '@visage/photos';
import { readPicture, writePicture } from '@visage/photos/node';
import { ArcFace, Generator, type GeneratorConfig, publishedArcFace, publishedGenerator } from '@visage/simswap';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { tinyTrainer } from '../helpers/tinySwapper.ts';
import { visageHere as visage } from './command.ts';
import { writeHeads } from './photographs.ts';

const { test } = await gpuSuite('swap of photographs');
const folder = mkdtempSync(join(tmpdir(), 'visage-photograph-'));
const at = (name: string): string => join(folder, name);

/** Two photographs of three people each, of whom none is in both. */
const [us, party] = [at('us.png'), at('party.png')];

/** Writes a generator of a published pipeline with random weights, as `visage import` would. */
async function writeGenerator(name: string, pipeline: string, config: GeneratorConfig): Promise<void> {
  const generator = seeded(2, () => new Generator({ ...config, width: 1 / 16, blocks: 1, latent: 16 }));
  const description = { architecture: 'simswap-generator', config: generator.config, metadata: { pipeline } };
  writeFileSync(at(name), await saveModule(generator, description));
  generator.dispose();
}

test.before(async () => {
  await writeGenerator('g224.safetensors', 'released-224', publishedGenerator);
  await writeGenerator('g512.safetensors', 'released-512', { ...publishedGenerator, halfWidthStem: true });
  const layers = [1, 1, 1, 1] as const;
  const identity = seeded(3, () => new ArcFace({ ...publishedArcFace, width: 1 / 16, layers, embedding: 16 }));
  writeFileSync(at('i.safetensors'), await saveModule(identity, { architecture: 'identity', config: identity.config }));
  identity.dispose();
  writeFileSync(at('own.safetensors'), await tinyTrainer().checkpoint({ data: [{ folder: null }] }));
  writeFileSync(at('unknown.safetensors'), await tinyTrainer().checkpoint({ data: [{ folder: '/pictures' }] }));
  await writePicture(at('wall.png'), picture(300, 100));
  await writeHeads('sample1.jpg', us);
  await writeHeads('sample2.jpg', party);
});

/** The columns and rows between which two pictures differ, as shares of their sides. */
function changedBox(a: Picture, b: Picture): number[] {
  let [left, top, right, bottom] = [a.width, a.height, 0, 0];
  for (let k = 0; k < a.width * a.height; k++) {
    if ([0, 1, 2, 3].every((channel) => a.data[4 * k + channel] === b.data[4 * k + channel])) continue;
    const [x, y] = [k % a.width, Math.floor(k / a.width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  return [left / a.width, top / a.height, right / a.width, bottom / a.height];
}

const imported = (name: string): string[] => ['--checkpoint', at(name), '--identity', at('i.safetensors')];

test('an imported generator changes one face of a photograph, and no bit elsewhere', async () => {
  const out = at('one.png');
  const faces = ['--source', us, '--target', party, '--face', '1', '--no-label'];
  const printed = await visage('swap', ...imported('g224.safetensors'), ...faces, '-o', out);
  assert.match(printed, /us\.png: 3 faces; the largest is taken/);
  assert.match(printed, /party\.png: 3 faces; face 1 by .*us\.png/);
  assert.match(printed, /one\.png: 1920 x 450, with no visible label, as asked, and the XMP mark/);
  const [left, top, right, bottom] = changedBox(await readPicture(party), await readPicture(out)) as [
    number,
    number,
    number,
    number,
  ];
  const box = `${[left, top, right, bottom]}`;
  assert.ok(left > 0.45 && right < 0.58 && top > 0.15 && bottom < 0.8, box); // the face in the middle
  assert.ok(right - left > 0.05 && bottom - top > 0.24, box);
  assert.match(readFileSync(out, 'latin1'), SOURCE_TYPE);
});

test('the 512-pixel generator takes faces in the alignment of FFHQ', async () => {
  const faces = ['--source', us, '--target', party, '--faces', 'all', '--quality', '90'];
  const printed = await visage('swap', ...imported('g512.safetensors'), ...faces, '-o', at('all.jpg'));
  assert.match(printed, /3 faces; face 0 by .*, face 1 by .*, face 2 by /);
  assert.match(printed, /all\.jpg: 1920 x 450, with a visible label/);
  assert.is((await readPicture(at('all.jpg'))).height, 450);
});

test('a checkpoint of a training finds a person again, and says who is not there', async () => {
  const own = ['--checkpoint', at('own.safetensors'), '--source', us, '--strength', '0.5'];
  const found = await visage('swap', ...own, '--target', party, '--match', party, '-o', at('match.webp'));
  assert.match(found, /3 faces; face \d at distance 0\.00 by/);
  const map = ['--map', `${us}=${party}`, '--checkpoint', at('own.safetensors')];
  const nobody = await visage('swap', ...map, '--target', party, '-o', at('nobody.png'));
  assert.match(nobody, /party\.png: no face was swapped, and nothing was written; .*the nearest is 0\.\d\d away/);
  assert.not.ok(existsSync(at('nobody.png')));
});

test('a picture without a face, an unknown alignment, and flags that do nothing, are one line each', async () => {
  const wrong: [string[], RegExp][] = [
    [
      ['--checkpoint', at('own.safetensors'), '--target', at('wall.png')],
      /wall\.png: no face was found in its 300 x 100/,
    ],
    [['--checkpoint', at('unknown.safetensors'), '--target', party], /does not say how the faces .*--template/],
    [
      ['--checkpoint', at('own.safetensors'), '--target', party, '--quality', '80'],
      /x\.png is PNG, which loses nothing/,
    ],
    [
      ['--checkpoint', at('own.safetensors'), '--target', party, '--aligned', '--faces', 'all'],
      /--faces is about faces/,
    ],
    [
      ['--checkpoint', at('own.safetensors'), '--target', party, '--aligned'],
      /is 1920 x \d+; an aligned face is square/,
    ],
    [['--checkpoint', at('own.safetensors'), '--target', at('missing.jpg')], /missing\.jpg: no such file/],
  ];
  for (const [parameters, says] of wrong) {
    const printed = await visage('swap', ...parameters, '--source', us, '-o', at('x.png'));
    assert.match(printed, says);
  }
  assert.not.ok(existsSync(at('x.png')));
  const over = await visage('swap', '--checkpoint', at('own.safetensors'), '--source', us, '--target', party, '-o', us);
  assert.match(over, /since it is the input/);
});

test.run();
