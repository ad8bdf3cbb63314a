/** The threads of a film's codecs: what they read and write is what the main thread does, and their errors arrive. */
import { mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { FileError } from '@visage/gpu';
import { type ChangedFrame, encodeSegment, type FilmFrame } from '@visage/photos';
import { FilmThreads, openFilmFile, whileAlive } from '@visage/photos/node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { errorOf } from '../../helpers/mistakes.ts';
import { clips, contentsOf, makeClip, testLibrary } from './clips.ts';

const test = suite("threads of a film's codecs");
const library = await testLibrary();
const encoding = { codec: 'avc', bitrate: 1e6, keyFrameInterval: 0.5 };

async function* unchanged(frames: AsyncIterable<FilmFrame>): AsyncGenerator<ChangedFrame, void, unknown> {
  for await (const frame of frames) yield { ...frame, changed: false };
}

/** Runs `work` with threads that end with it. */
async function withThreads<T>(work: (threads: FilmThreads) => Promise<T>): Promise<T> {
  const threads = new FilmThreads();
  try {
    return await work(threads);
  } finally {
    await threads.close();
  }
}

for (const [name, options] of [
  ['plain.mp4', { frames: 40 }],
  ['odd.webm', { codec: 'vp9', width: 97, height: 63, frames: 12 }],
  ['turned.mp4', { metadata: { rotation: 90 }, timestampOf: (k: number) => k / 30 + 0.4 * Math.floor(k / 7) + 0.5 }],
] as const)
  test(`${name}: the frames of the thread are those of the main thread`, async () => {
    const path = await makeClip(name, options);
    const film = await openFilmFile(path);
    await withThreads(async (threads) => {
      let count = 0;
      const here = film.read();
      for await (const frame of threads.reader.read(path)) {
        const { value } = await here.next();
        assert.equal(frame, value, `frame ${count}`);
        count++;
        frame.data.fill(count); // memory that is used again must not show what was in it
        threads.spares.give(frame.data.buffer as ArrayBuffer);
      }
      assert.ok((await here.next()).done);
      assert.is(count, 'frames' in options ? options.frames : 30);
      assert.ok(threads.busy.reading > 0);
    });
    film.close();
  });

test('reading begins behind a time', async () => {
  const path = join(clips, 'plain.mp4');
  const read = (after: number) =>
    withThreads(async (threads) => {
      const times = [];
      for await (const { timestamp } of threads.reader.read(path, after)) times.push(Math.round(30 * timestamp));
      return times;
    });
  assert.equal(await read(33 / 30), [34, 35, 36, 37, 38, 39]);
});

test('two segments have the packets that the main thread writes, and the memory of their frames comes back', async () => {
  const path = join(clips, 'plain.mp4');
  const film = await openFilmFile(path);
  const here = join(clips, 'here.mp4');
  const target = new library.FilePathTarget(here);
  const expected = await whileAlive(() => encodeSegment(library, unchanged(film.read()), target, encoding));
  film.close();
  const { pictures } = await contentsOf(here);
  await withThreads(async ({ reader, writer, spares }) => {
    const all: FilmFrame[] = [];
    for await (const frame of reader.read(path)) all.push(frame);
    for (const name of ['first.mp4', 'second.mp4']) {
      async function* copies() {
        for (const frame of all) yield { ...frame, data: frame.data.slice(), changed: false };
      }
      const seen: number[] = [];
      const segment = await writer.segment(copies(), join(clips, name), encoding, ({ timestamp }) =>
        seen.push(timestamp),
      );
      assert.equal(segment, expected);
      assert.equal(
        seen,
        all.map(({ timestamp }) => timestamp),
      );
      assert.ok(JSON.stringify((await contentsOf(join(clips, name))).pictures) === JSON.stringify(pictures), name);
    }
    assert.ok((spares.take()?.byteLength ?? 0) > 0);
  });
});

test('a segment without frames is none', async () => {
  async function* none(): AsyncGenerator<ChangedFrame, void, unknown> {}
  assert.is(await withThreads(({ writer }) => writer.segment(none(), join(clips, 'none.mp4'), encoding)), undefined);
});

test('no more frames are read ahead than are in flight', async () => {
  await withThreads(async ({ reader, writer }) => {
    let [taken, most, done] = [0, 0, 0];
    async function* counted() {
      for await (const frame of unchanged(reader.read(join(clips, 'plain.mp4')))) {
        most = Math.max(most, ++taken - done);
        yield frame;
      }
    }
    await writer.segment(counted(), join(clips, 'counted.mp4'), encoding, () => done++);
    assert.is(done, 40);
    assert.ok(most <= 5, `${most} frames were taken and not encoded`);
  });
});

test('threads end in the middle of a film, and of a segment', async () => {
  await withThreads(async ({ reader }) => {
    for await (const _ of reader.read(join(clips, 'plain.mp4'))) break;
  });
  await withThreads(async ({ reader, writer }) => {
    async function* broken() {
      for await (const frame of unchanged(reader.read(join(clips, 'plain.mp4')))) {
        if (frame.timestamp > 0.5) throw new Error('the change failed');
        yield frame;
      }
    }
    const error = await errorOf(() => writer.segment(broken(), join(clips, 'broken.mp4'), encoding));
    assert.is(error?.message, 'the change failed');
  });
});

test('errors of the threads name their file', async () => {
  const gone = join(clips, 'gone.mp4');
  const missing = await errorOf(() => withThreads(({ reader }) => reader.read(gone).next()));
  assert.match(missing?.message ?? '', /gone\.mp4/);
  const cut = await makeClip('cut.mp4', { frames: 4 });
  truncateSync(cut, 200);
  const refused = await errorOf(() => withThreads(({ reader }) => reader.read(cut).next()));
  assert.instance(refused, FileError);
  assert.match(refused?.message ?? '', /^.*cut\.mp4: /);
  mkdirSync(join(clips, 'folder.mp4'));
  const unwritable = await errorOf(() =>
    withThreads(({ reader, writer }) =>
      writer.segment(unchanged(reader.read(join(clips, 'plain.mp4'))), join(clips, 'folder.mp4'), encoding),
    ),
  );
  assert.match(unwritable?.message ?? '', /folder\.mp4/);
});

test.run();
