/** Films as pipes, as folders of pictures and as previews; the label of frames; what a target is. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  downloadPicture,
  drawLabel,
  frameLabel,
  frameOf,
  hasLabel,
  type PlaneForm,
  packedLayout,
  picture,
  pictureOfPlanes,
  shownSize,
  uploadPlanes,
} from '@visage/photos';
import {
  changeFilm,
  changeFolder,
  changePipe,
  filmTarget,
  openFilmFile,
  previewFilm,
  readPicture,
  writePicture,
} from '@visage/photos/node';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../../helpers/gpu.ts';
import { errorOf } from '../../helpers/mistakes.ts';
import { hostRandom } from '../../helpers/random.ts';
import { clips, makeClip, nothing } from './clips.ts';
import { brighter } from './work.ts';

const { test } = await gpuSuite('films as pipes and folders');

/** A YUV4MPEG stream of random frames, in chunks that end anywhere. */
function stream(header: string, bytes: number, frames: number) {
  const random = hostRandom(2).normals(bytes * frames, 40);
  const data = Array.from({ length: frames }, (_, k) =>
    Uint8Array.from({ length: bytes }, (__, at) =>
      Math.max(16, Math.min(235, 128 + (random[k * bytes + at] as number))),
    ),
  );
  const whole = Buffer.concat([
    Buffer.from(`${header}\n`),
    ...data.flatMap((frame) => [Buffer.from('FRAME Ip\n'), frame]),
  ]);
  const chunks = Array.from({ length: Math.ceil(whole.length / 997) }, (_, k) =>
    whole.subarray(997 * k, 997 * (k + 1)),
  );
  return { data, input: Readable.from(chunks) };
}

async function piped(input: Readable, work: Parameters<typeof changePipe>[2] = nothing) {
  const output = new PassThrough({ highWaterMark: 1 << 24 });
  const frames = await changePipe(input, output, work);
  output.end();
  const parts: Buffer[] = [];
  for await (const part of output) parts.push(part as Buffer);
  const bytes = Buffer.concat(parts);
  const end = bytes.indexOf('\n');
  return { frames, header: bytes.toString('latin1', 0, end), body: bytes.subarray(end + 1) };
}

test('frames of a pipe that nothing changes come out as they went in, odd sides and all', async () => {
  const bytes = packedLayout('I420', 33, 17).bytes;
  const { data, input } = stream('YUV4MPEG2 W33 H17 F30000:1001 Ip A1:1 C420jpeg', bytes, 3);
  const { frames, header, body } = await piped(input);
  assert.is(frames, 3);
  assert.is(header, 'YUV4MPEG2 W33 H17 F30000:1001 Ip A1:1 C420jpeg');
  assert.equal(body, Buffer.concat(data.flatMap((frame) => [Buffer.from('FRAME\n'), frame])));
});

test('10 bits become 8', async () => {
  const { bytes } = packedLayout('I420P10', 16, 8);
  const { input } = stream('YUV4MPEG2 W16 H8 F25:1 C420p10 XYSCSS=420P10', bytes, 2);
  const { header, body } = await piped(input);
  assert.is(header, 'YUV4MPEG2 W16 H8 F25:1 C420mpeg2');
  assert.is(body.length, 2 * (6 + (16 * 8 * 3) / 2));
});

for (const [what, text, message] of [
  ['no such stream', 'hello\n', /stdin: is no YUV4MPEG stream.*ffmpeg/],
  ['no sides', 'YUV4MPEG2 W0 H2\n', /frames of 0 x 2/],
  ['strange samples', 'YUV4MPEG2 W4 H2 Cmono\n', /kind Cmono/],
  ['an early end', 'YUV4MPEG2 W4 H2 C420\nFRAME\n123', /ends in the middle of frame 1/],
] as const)
  test(`refused: a pipe with ${what}`, async () => {
    const error = await errorOf(() => piped(Readable.from([Buffer.from(text)])));
    assert.match(error?.message ?? '', message);
  });

const scenery = (seed: number) => {
  const noise = hostRandom(seed).normals(4 * 96 * 64, 30);
  return picture(
    96,
    64,
    Uint8Array.from(noise, (value, k) => (k % 4 === 3 ? 255 : Math.max(0, Math.min(255, 128 + value)))),
  );
};

test('a folder: every picture by its name, in the order of numbers; a broken one is named at the end', async () => {
  const [folder, output] = [join(clips, 'frames'), join(clips, 'frames-out')];
  mkdirSync(folder);
  for (const name of ['2.png', '10.png', '1.png'])
    await writePicture(join(folder, name), scenery(name.length), { marks: false });
  writeFileSync(join(folder, '3.png'), 'no picture');
  writeFileSync(join(folder, '._1.png'), 'hidden');
  writeFileSync(join(folder, 'notes.txt'), 'no picture');
  const order: string[] = [];
  const result = await changeFolder(folder, output, brighter(), { onPicture: (name) => order.push(name) });
  assert.equal(order, ['1.png', '2.png', '10.png']);
  assert.equal([result.pictures, result.changed, result.problems.length], [3, 3, 1]);
  assert.match(result.problems[0] ?? '', /3\.png/);
  assert.equal(readdirSync(output).sort(), ['1.png', '10.png', '2.png']);
  const [before, after] = [await readPicture(join(folder, '2.png')), await readPicture(join(output, '2.png'))];
  assert.is(after.data[0], Math.min(255, (before.data[0] as number) + 32), 'the second frame of the work');
  assert.equal(after.data.subarray(4 * 96 * 40), before.data.subarray(4 * 96 * 40));
});

test('a folder whose run is killed: the same call goes on, and the pictures are those of an uninterrupted run', async () => {
  const [folder, whole, killed] = [join(clips, 'many'), join(clips, 'many-whole'), join(clips, 'many-killed')];
  mkdirSync(folder);
  for (let k = 0; k < 6; k++) await writePicture(join(folder, `${k}.png`), scenery(k + 1), { marks: false });
  writeFileSync(join(folder, '1.png'), 'no picture');
  const settings = { brighter: true };
  const through = await changeFolder(folder, whole, brighter(), { settings });
  const program = fileURLToPath(new URL('./killedRun.ts', import.meta.url));
  const { signal } = spawnSync(process.execPath, ['--import', './scripts/register.mjs', program, folder, killed, '4']);
  assert.is(signal, 'SIGKILL');
  assert.ok(existsSync(join(killed, '.visage-folder.json')));
  const copy = join(clips, 'many-other');
  cpSync(killed, copy, { recursive: true });

  let looked = 0;
  const resumed: number[] = [];
  const work = brighter(() => looked++);
  const result = await changeFolder(folder, killed, work, { settings, onResume: (done) => resumed.push(done) });
  assert.equal([looked, ...resumed], [2, 4], 'three of five pictures were written, and the broken one was seen');
  assert.equal(result, through);
  assert.equal(readdirSync(killed).sort(), readdirSync(whole).sort());
  for (const name of readdirSync(whole))
    assert.equal((await readPicture(join(killed, name))).data, (await readPicture(join(whole, name))).data, name);

  looked = 0;
  await changeFolder(folder, copy, work, { settings: { brighter: 'more' } });
  assert.is(looked, 5, 'other settings begin anew');
});

test('an empty folder is refused', async () => {
  mkdirSync(join(clips, 'empty'));
  const error = await errorOf(() => changeFolder(join(clips, 'empty'), join(clips, 'x'), nothing));
  assert.match(error?.message ?? '', /empty: has no pictures/);
});

test('a preview: a picture every so many seconds, named by its time', async () => {
  const film = await makeClip('preview.mp4', { frames: 45 });
  const names = await previewFilm(film, join(clips, 'previews'), 0.5, () => brighter());
  assert.equal(names, ['00000.00s.jpg', '00000.50s.jpg', '00001.00s.jpg']);
  assert.equal(readdirSync(join(clips, 'previews')).sort(), names);
  const shown = await readPicture(join(clips, 'previews', '00000.50s.jpg'));
  assert.equal([shown.width, shown.height], [96, 64]);
});

for (const [rotation, flip] of [
  [0, false],
  [90, false],
  [180, true],
  [270, false],
] as const)
  test(`the label of a frame turned by ${rotation}°${flip ? ' and mirrored' : ''} is that of a picture`, async () => {
    const form: PlaneForm = {
      format: 'I420',
      width: 256,
      height: 192,
      ...packedLayout('I420', 256, 192),
      colours: { matrix: 'bt709', fullRange: false },
      rotation,
      flip,
    };
    const data = new Uint8Array(form.bytes).fill(128).fill(180, 0, 256 * 192);
    const show = async () => downloadPicture(pictureOfPlanes(uploadPlanes(data, form), form, frameOf(form)));
    const before = await show();
    frameLabel(form)(data);
    const after = await show();
    drawLabel(before);
    assert.equal([after.width, after.height], Object.values(shownSize(form)));
    for (const [k, byte] of after.data.entries())
      assert.ok(Math.abs(byte - (before.data[k] as number)) <= 2, `byte ${k}`);
    assert.ok(hasLabel(after));
  });

test('a film with the label has it in every frame', async () => {
  const input = await makeClip('to-label.mp4', { width: 320, height: 192, frames: 10 });
  const output = join(clips, 'labelled.mp4');
  await changeFilm(input, output, nothing, { label: true, bitrate: 8e6 });
  const film = await openFilmFile(output);
  for await (const { data } of film.read()) {
    const corner = data[191 * 320 + 319] as number; // the box darkens to 30 %
    assert.ok(corner < 16 + 0.3 * 219 + 6, `${corner}`);
  }
  film.close();
});

test('what a target is, by what it holds', async () => {
  const jpeg = join(clips, 'film.mp4.jpg');
  await writePicture(jpeg, scenery(1));
  const avif = join(clips, 'still.avif');
  await writePicture(avif, scenery(1));
  const film = await makeClip('film.jpg.mp4', { frames: 2 });
  const webm = await makeClip('film.webm', { frames: 2, codec: 'vp9' });
  const avi = join(clips, 'old.avi');
  writeFileSync(avi, Buffer.concat([Buffer.from('RIFF\0\0\0\0AVI LIST'), Buffer.alloc(600)]));
  const found = await Promise.all([jpeg, avif, film, webm, avi, clips, '-', join(clips, 'none')].map(filmTarget));
  assert.equal(found, [undefined, undefined, 'film', 'film', 'film', 'folder', 'pipe', undefined]);
});

test.run();
