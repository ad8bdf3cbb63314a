/** The processes of a film's codecs: what they read and write is what this process does, and their errors arrive. */
import { mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { FileError } from '@visage/gpu';
import { type ChangedFrame, encodeSegment, type FilmFrame } from '@visage/photos';
import { FilmCodecs, openFilmFile, whileAlive } from '@visage/photos/node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { errorOf } from '../../helpers/mistakes.ts';
import { clips, contentsOf, makeClip, testLibrary } from './clips.ts';

const test = suite("processes of a film's codecs");
const library = await testLibrary();
const encoding = { codec: 'avc', bitrate: 1e6, keyFrameInterval: 0.5 };

async function* unchanged(frames: AsyncIterable<FilmFrame>): AsyncGenerator<ChangedFrame, void, unknown> {
  for await (const frame of frames) yield { ...frame, changed: false };
}

/** Runs `work` with processes that end with it. */
async function withCodecs<T>(work: (codecs: FilmCodecs) => Promise<T>): Promise<T> {
  const codecs = new FilmCodecs();
  try {
    return await work(codecs);
  } finally {
    await codecs.close();
  }
}

for (const [name, options] of [
  ['plain.mp4', { frames: 40 }],
  ['odd.webm', { codec: 'vp9', width: 97, height: 63, frames: 12 }],
  ['turned.mp4', { metadata: { rotation: 90 }, timestampOf: (k: number) => k / 30 + 0.4 * Math.floor(k / 7) + 0.5 }],
] as const)
  test(`${name}: the frames of the other process are those of this one`, async () => {
    const path = await makeClip(name, options);
    const film = await openFilmFile(path);
    await withCodecs(async (codecs) => {
      let count = 0;
      const here = film.read();
      for await (const frame of codecs.reader.read(path)) {
        const { value } = await here.next();
        assert.equal(frame, value, `frame ${count}`);
        count++;
        frame.data.fill(count); // memory that is used again must not show what was in it
        codecs.spares.give(frame.data.buffer as ArrayBuffer);
      }
      assert.ok((await here.next()).done);
      assert.is(count, 'frames' in options ? options.frames : 30);
      assert.ok(codecs.time.reading > 0);
    });
    film.close();
  });

test('reading begins behind a time', async () => {
  const path = join(clips, 'plain.mp4');
  const read = (after: number) =>
    withCodecs(async (codecs) => {
      const times = [];
      for await (const { timestamp } of codecs.reader.read(path, after)) times.push(Math.round(30 * timestamp));
      return times;
    });
  assert.equal(await read(33 / 30), [34, 35, 36, 37, 38, 39]);
});

test('two segments have the packets that this process writes, and the memory of their frames comes back', async () => {
  const path = join(clips, 'plain.mp4');
  const film = await openFilmFile(path);
  const here = join(clips, 'here.mp4');
  const target = new library.FilePathTarget(here);
  const expected = await whileAlive(() => encodeSegment(library, unchanged(film.read()), target, encoding));
  film.close();
  const { pictures } = await contentsOf(here);
  await withCodecs(async ({ reader, writer, spares }) => {
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
    const memory = new Uint8Array(spares.take(all[0]?.data.length as number));
    assert.ok(
      memory.some((byte) => byte !== 0),
      'memory that a frame was in',
    );
  });
});

test('a segment without frames is none', async () => {
  async function* none(): AsyncGenerator<ChangedFrame, void, unknown> {}
  assert.is(await withCodecs(({ writer }) => writer.segment(none(), join(clips, 'none.mp4'), encoding)), undefined);
});

test('no more frames are read ahead than are in flight', async () => {
  await withCodecs(async ({ reader, writer }) => {
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

test('processes end in the middle of a film, and of a segment', async () => {
  await withCodecs(async ({ reader }) => {
    for await (const _ of reader.read(join(clips, 'plain.mp4'))) break;
  });
  await withCodecs(async ({ reader, writer }) => {
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

test('a process that dies is named, whichever it is, and no process is left', async () => {
  const path = join(clips, 'plain.mp4');
  const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
  for (const [k, does] of ['decodes', 'encodes'].entries()) {
    const error = await errorOf(() =>
      withCodecs(async ({ reader, writer }) => {
        const pid = children().slice(-2)[k] as number;
        async function* frames() {
          for await (const frame of unchanged(reader.read(path))) {
            if (frame.timestamp > 0.5) process.kill(pid, 'SIGKILL');
            yield frame;
          }
        }
        await writer.segment(frames(), join(clips, 'died.mp4'), encoding);
      }),
    );
    assert.match(error?.message ?? '', new RegExp(`the process that ${does} the film ended \\(SIGKILL\\)`));
    assert.equal(children(), [0], 'processes of the codecs');
  }
});

test('errors of the processes name their file', async () => {
  const gone = join(clips, 'gone.mp4');
  const missing = await errorOf(() => withCodecs(({ reader }) => reader.read(gone).next()));
  assert.match(missing?.message ?? '', /gone\.mp4/);
  const cut = await makeClip('cut.mp4', { frames: 4 });
  truncateSync(cut, 200);
  const refused = await errorOf(() => withCodecs(({ reader }) => reader.read(cut).next()));
  assert.instance(refused, FileError);
  assert.match(refused?.message ?? '', /^.*cut\.mp4: /);
  mkdirSync(join(clips, 'folder.mp4'));
  const unwritable = await errorOf(() =>
    withCodecs(({ reader, writer }) =>
      writer.segment(unchanged(reader.read(join(clips, 'plain.mp4'))), join(clips, 'folder.mp4'), encoding),
    ),
  );
  assert.match(unwritable?.message ?? '', /folder\.mp4/);
});

test.run();
