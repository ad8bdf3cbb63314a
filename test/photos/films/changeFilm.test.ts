/** Films in and out: frames, times, sound and shape are kept; jobs survive a kill; what cannot be read is refused. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { changeFilm, openFilmFile } from '@visage/photos/node';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../../helpers/gpu.ts';
import { errorOf } from '../../helpers/mistakes.ts';
import { clips, contentsOf, makeClip, nothing, testLibrary } from './clips.ts';
import { brighter } from './work.ts';

const { test } = await gpuSuite('films in and out');
await testLibrary();
const times = (packets: readonly { timestamp: number }[]) =>
  packets.map(({ timestamp }) => timestamp).sort((a, b) => a - b);

/** All times are the same to the resolution of the containers. */
function sameTimes(a: readonly { timestamp: number }[], b: readonly { timestamp: number }[], within = 2e-5): void {
  assert.is(a.length, b.length, 'number of frames');
  const other = times(b);
  for (const [k, time] of times(a).entries()) assert.ok(Math.abs(time - (other[k] as number)) < within, `frame ${k}`);
}

async function frames(path: string) {
  const film = await openFilmFile(path);
  const all = [];
  for await (const frame of film.read()) all.push(frame);
  film.close();
  return all;
}

test('H.264 with AAC: frames, times, sound bit for bit, and the length', async () => {
  const input = await makeClip('plain.mp4', { frames: 45, sound: 'aac' });
  const output = join(clips, 'plain-out.mp4');
  const result = await changeFilm(input, output, nothing, { segmentSeconds: 0.5 });
  assert.equal([result.frames, result.changed, result.isPart], [45, 0, false]);
  const [before, after] = [await contentsOf(input), await contentsOf(output)];
  sameTimes(before.pictures, after.pictures);
  assert.equal(after.sounds, before.sounds);
  assert.is(after.sounds[0]?.language, 'nld');
  assert.not(existsSync(`${output}.visage-parts`));
});

test('pictures that nothing changes are as near as the codec allows', async () => {
  const [before, after] = [await frames(join(clips, 'plain.mp4')), await frames(join(clips, 'plain-out.mp4'))];
  for (const [k, { data }] of after.entries()) {
    const original = before[k]?.data as Uint8Array;
    const error = data.reduce((sum, byte, at) => sum + (byte - (original[at] as number)) ** 2, 0) / data.length;
    assert.ok(10 * Math.log10(255 ** 2 / error) > 38, `frame ${k}`);
  }
});

test('variable frame rate: every time is kept', async () => {
  const input = await makeClip('variable.mp4', { timestampOf: (k) => k / 30 + 0.4 * Math.floor(k / 7) + 0.5 });
  const output = join(clips, 'variable-out.mp4');
  await changeFilm(input, output, nothing);
  sameTimes((await contentsOf(input)).pictures, (await contentsOf(output)).pictures);
});

test('rotation and pixel aspect are kept; the frames that work sees stand upright', async () => {
  const input = await makeClip('turned.mp4', { metadata: { rotation: 90 } });
  const output = join(clips, 'turned-out.mp4');
  const seen: number[][] = [];
  const look = async ({ width, height }: { width: number; height: number }) => {
    seen.push([width, height]);
    return undefined;
  };
  await changeFilm(input, output, { ...nothing, look });
  assert.equal(seen[0], [64, 96]);
  assert.is((await contentsOf(output)).rotation, 90);
});

test('VP9 with Opus in WebM, and from there into MP4; odd sides become even', async () => {
  const input = await makeClip('odd.webm', { codec: 'vp9', width: 97, height: 63, sound: 'opus' });
  const before = await contentsOf(input);
  for (const [name, codec, within] of [
    ['odd-out.webm', 'vp9', 1.1e-3],
    ['odd-out.mp4', 'avc', 2e-5],
  ] as const) {
    const output = join(clips, name);
    await changeFilm(input, output, nothing);
    const after = await contentsOf(output);
    assert.equal([after.codec, after.size], [codec, [98, 64]]);
    sameTimes(before.pictures, after.pictures, within);
    assert.equal(
      after.sounds[0]?.packets.map(({ data }) => data),
      before.sounds[0]?.packets.map(({ data }) => data),
    );
  }
});

test('a change reaches the pixels of its place and, but for the codec, no others', async () => {
  const input = join(clips, 'plain.mp4');
  const output = join(clips, 'brighter.mp4');
  const result = await changeFilm(input, output, brighter());
  assert.is(result.changed, 45);
  const [before, after] = [await frames(input), await frames(output)];
  const mean = (data: Uint8Array, left: number) => {
    let sum = 0;
    for (let y = 8; y < 24; y++) for (let x = left; x < left + 16; x++) sum += data[y * 96 + x] as number;
    return sum / 256;
  };
  for (const [k, { data }] of after.entries()) {
    const old = before[k]?.data as Uint8Array;
    assert.ok(mean(data, 8) - mean(old, 8) > 15, `frame ${k} is changed`);
    assert.ok(Math.abs(mean(data, 64) - mean(old, 64)) < 1.5, `frame ${k} is not changed elsewhere`);
  }
});

test('a killed process: the next one goes on, and the film is the one of an uninterrupted run', async () => {
  const input = await makeClip('long.mp4', { frames: 90, sound: 'aac' });
  const [whole, resumed] = [join(clips, 'whole.mp4'), join(clips, 'resumed.mp4')];
  const options = { segmentSeconds: 0.5, settings: { brighter: true } };
  await changeFilm(input, whole, brighter(), options);
  const program = fileURLToPath(new URL('./killedRun.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', './scripts/register.mjs', program, input, resumed, '38'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  assert.is(await new Promise((resolve) => child.on('close', (_, signal) => resolve(signal))), 'SIGKILL');
  const parts = readdirSync(`${resumed}.visage-parts`).filter((name) => /^segment-\d/.test(name));
  assert.ok(parts.length >= 1 && parts.length < 6, `${parts.length} segments`);
  assert.not(existsSync(resumed));
  let looked = 0;
  const work = brighter(() => looked++);
  const result = await changeFilm(input, resumed, work, options);
  assert.is(result.frames, 90);
  assert.is(looked, 90 - 15 * parts.length, 'frames of whole segments are not computed again');
  const [again, once] = [await contentsOf(resumed), await contentsOf(whole)];
  assert.ok(JSON.stringify(again) === JSON.stringify(once), 'every packet is the same');
});

test('stopped early: a film that can be played, of what is done; the same call goes on', async () => {
  const input = join(clips, 'long.mp4');
  const output = join(clips, 'stopped.mp4');
  const controller = new AbortController();
  const options = { segmentSeconds: 0.5, settings: { brighter: true }, signal: controller.signal };
  const onProgress = ({ done }: { done: number }) => {
    if (done === 20) controller.abort();
  };
  const part = await changeFilm(input, output, brighter(), { ...options, onProgress });
  assert.ok(part.isPart && part.frames >= 20 && part.frames < 40, `${part.frames} frames`);
  const played = await contentsOf(output);
  assert.is(played.pictures.length, part.frames);
  const lastSound = played.sounds[0]?.packets.at(-1)?.timestamp as number;
  assert.ok(lastSound < part.duration && lastSound > part.duration - 0.1);
  const rest = await changeFilm(input, output, brighter(), { ...options, signal: undefined });
  assert.equal([rest.frames, rest.isPart], [90, false]);
  sameTimes((await contentsOf(output)).pictures, (await contentsOf(input)).pictures);
});

test('other settings begin anew, and a job that another process works on is refused', async () => {
  const [input, output] = [join(clips, 'plain.mp4'), join(clips, 'again.mp4')];
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  await changeFilm(input, output, nothing, { settings: 1, segmentSeconds: 0.2, signal: controller.signal, onProgress });
  let at: number | undefined;
  const onFilm = (_: unknown, resumedAt: number | undefined) => {
    at = resumedAt;
  };
  await changeFilm(input, output, nothing, { settings: 2, onFilm });
  assert.is(at, undefined);
  mkdirSync(`${output}.visage-parts`);
  writeFileSync(join(`${output}.visage-parts`, 'lock'), String(process.ppid));
  const error = await errorOf(() => changeFilm(input, output, nothing));
  assert.match(error?.message ?? '', new RegExp(`process ${process.ppid} is working on this film`));
});

test('an XMP packet and tags travel with the film', async () => {
  const output = join(clips, 'marked.mp4');
  await changeFilm(join(clips, 'plain.mp4'), output, nothing, { xmp: '<x:xmpmeta/>', tags: { comment: 'synthetic' } });
  assert.ok(readFileSync(output).includes('<x:xmpmeta/>'));
  const { tags, pictures } = await contentsOf(output);
  assert.is(tags.comment, 'synthetic');
  assert.is(pictures.length, 45);
});

test('what is no film is refused, with the command that helps', async () => {
  const text = join(clips, "it's text.avi");
  writeFileSync(text, 'no film at all');
  const error = await errorOf(() => changeFilm(text, join(clips, 'no.mp4'), nothing));
  assert.match(error?.message ?? '', /it's text\.avi: is no film.*ffmpeg -i '.*it'\\''s text\.avi' -c:v libx264/);
  const ending = await errorOf(() => changeFilm(text, join(clips, 'no.avi'), nothing));
  assert.match(ending?.message ?? '', /no\.avi: a film has to end in \.mp4/);
  const gone = await errorOf(() => changeFilm(join(clips, 'gone.mp4'), join(clips, 'no.mp4'), nothing));
  assert.match(gone?.message ?? '', /gone\.mp4/);
});

test.run();
