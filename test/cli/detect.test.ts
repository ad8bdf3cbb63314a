import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { picture } from '@visage/photos';
import { readPicture, writePicture } from '@visage/photos/node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DetectedPicture } from '../../packages/cli/src/photos/detection.ts';
import { pictureFiles } from '../../packages/cli/src/photos/pictureFiles.ts';
import { fixtureFile } from '../helpers/fixtures.ts';
import { failureHere, visage } from './command.ts';

const test = suite('visage detect');
const folder = mkdtempSync(join(tmpdir(), 'visage-detect-'));
const at = (name: string): string => join(folder, name);

test('faces of a folder: text, JSON and drawings; a broken picture is named, and the others go on', async () => {
  mkdirSync(at('album/more'), { recursive: true });
  const astronaut = await fixtureFile('python3-skimage', 'usr/lib/python3/dist-packages/skimage/data/astronaut.png');
  copyFileSync(astronaut, at('album/astronaut.png'));
  await writePicture(at('album/more/astronaut.jpg'), await readPicture(astronaut), { marks: false });
  await writePicture(at('album/wall.png'), picture(60, 40), { marks: false });
  writeFileSync(at('album/torn.jpg'), 'not a picture');
  writeFileSync(at('album/notes.txt'), 'no picture');
  writeFileSync(at('album/._astronaut.png'), 'of macOS');

  const { status, stdout, stderr } = visage(
    ...['detect', at('album'), '--no-tiles', '--json', at('found.json'), '--draw', at('drawn')],
  );
  assert.is(status, 1);
  assert.match(stderr, /1 of 4 pictures could not be read/);
  assert.match(stdout, /astronaut\.png: 1 face\n {3}0 .*score 0\.9\d.*pose.*sharpness.*person 0/);
  assert.match(stdout, /wall\.png: no faces/);

  const found: DetectedPicture[] = JSON.parse(readFileSync(at('found.json'), 'utf8'));
  assert.equal(
    found.map(({ file, faces }) => [file, faces.length]),
    [
      [at('album/astronaut.png'), 1],
      [at('album/more/astronaut.jpg'), 1],
      [at('album/torn.jpg'), 0],
      [at('album/wall.png'), 0],
    ],
  );
  assert.match(found[2]?.error ?? '', /torn\.jpg: is a text/);
  const [face, again] = found.flatMap(({ faces }) => faces);
  assert.ok(face && again);
  assert.is(face.person, again.person, 'the same woman in two files');
  const [x, y, width, height] = face.box;
  assert.ok(Math.abs(x + width / 2 - 223) < 12 && Math.abs(y + height / 2 - 124) < 12, `${face.box}`);
  assert.is(face.points.length, 5);
  for (const [px, py] of face.points) assert.ok(px > x && px < x + width && py > y && py < y + height);
  for (const angle of Object.values(face.pose)) assert.ok(Math.abs(angle) < 30);
  assert.ok(face.flag > 0.99 && face.score > 0.9 && face.sharpness > again.sharpness / 2);

  const drawn = await readPicture(at('drawn/astronaut-2.jpg'));
  assert.equal([drawn.width, drawn.height], [512, 512]);
  const edge = 4 * (512 * Math.round(y + height / 2) + Math.round(x));
  assert.ok((drawn.data[edge + 1] as number) > (drawn.data[edge] as number) + 40, 'a green line');
});

test('mistakes are named before the device is opened', async () => {
  mkdirSync(at('empty'), { recursive: true });
  for (const [parameters, message] of [
    [[at('nowhere.jpg')], /nowhere\.jpg/],
    [[at('empty')], /no pictures in this folder/],
    [[at('album/wall.png'), '--json', at('album/wall.png')], /wall\.png/],
    [[], /picture/],
  ] as const) {
    const { status, stderr } = await failureHere('detect', ...parameters);
    assert.is(status, 1);
    assert.match(stderr, message);
    assert.is(stderr.split('\n').length, 1, stderr);
  }
  const [first] = await pictureFiles([at('album/wall.png'), at('album/wall.png')]);
  assert.is(first, at('album/wall.png'));
});

test.run();
