/**
 * @file Faces out of a folder: batches travel to the device as the bytes of the files, and recorded steps turn them
 * into numbers in [0, 1] there.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { encodePng, writePng } from '@visage/faces/node';
import { HostRandom } from '@visage/nn';
import type { PairKind } from '@visage/simswap';
import { record } from '@visage/tensor';
import { type BadPicture, openDataSet, PicturePairs, Pictures } from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('pairs of pictures');

const SIZE = 8;
const BYTES = 3 * SIZE ** 2;
const PEOPLE = 3;
const PICTURES = 3;
const BATCH = 4;
const SEED = 7;

/** Random bytes, of which the first two name the picture. */
function pictureOf(person: number, picture: number): Uint8Array {
  const random = new HostRandom(1);
  random.draws = PICTURES * person + picture;
  const bytes = Uint8Array.from(random.bits(BYTES), (bits) => bits & 255);
  bytes.set([person, picture]);
  return bytes;
}

const folder = mkdtempSync(join(tmpdir(), 'visage-pairs-'));
test.before(async () => {
  for (let person = 0; person < PEOPLE; person++) {
    mkdirSync(join(folder, `person ${person}`));
    for (let picture = 0; picture < PICTURES; picture++) {
      const data = Float32Array.from(pictureOf(person, picture), (byte) => byte / 255);
      await writePng(join(folder, `person ${person}`, `${picture}.png`), { width: SIZE, height: SIZE, data });
    }
  }
});

const pairsOfFolder = async () => {
  const data = await openDataSet(folder);
  return new PicturePairs({ people: data.people, pictures: new Pictures(data, SIZE), batchSize: BATCH, seed: SEED });
};

/** Loads the pairs of a step, replays a recorded step and reads the pictures that it saw. */
function reader(pairs: PicturePairs) {
  const step = record(() => pairs.images());
  return async (kind: PairKind, number: number) => {
    await pairs.read(kind, number);
    await pairs.load(kind, number);
    const { target, source } = step.run();
    assert.equal([target.shape, target.dtype], [[BATCH, SIZE, SIZE, 3], 'f32']);
    return { targets: picturesIn(await target.floats()), sources: picturesIn(await source.floats()) };
  };
}

/** Bytes of a batch, picture by picture; each value must be one of 0, 1/255, …, 1. */
function picturesIn(values: Float32Array): Uint8Array[] {
  const bytes = Uint8Array.from(values, (value) => Math.round(255 * value));
  values.forEach((value, k) => {
    assert.ok(Math.abs(value - (bytes[k] as number) / 255) < 1e-6);
  });
  return Array.from({ length: BATCH }, (_, k) => bytes.subarray(k * BYTES, (k + 1) * BYTES));
}

/** Person and picture; the bytes must be those of the file. */
function nameOf(bytes: Uint8Array): { person: number; picture: number } {
  const [person, picture] = bytes as unknown as [number, number];
  assert.equal(bytes, pictureOf(person, picture));
  return { person, picture };
}

test('bytes go to the device, a quarter of what numbers would take, and replayed steps make numbers of them', async () => {
  const see = reader(await pairsOfFolder());
  const fill = gpu.transfers.fill.bind(gpu.transfers);
  const uploads: number[] = [];
  gpu.transfers.fill = (buffer, ...rest) => {
    uploads.push(buffer.bytes);
    return fill(buffer, ...rest);
  };
  try {
    for (const kind of ['same', 'cross'] as const)
      for (let number = 0; number < 6; number++) {
        const { targets, sources } = await see(kind, number);
        for (const [k, bytes] of targets.entries()) {
          const [target, source] = [nameOf(bytes), nameOf(sources[k] as Uint8Array)];
          assert.is(target.person === source.person, kind === 'same');
          if (kind === 'same') assert.is.not(target.picture, source.picture, 'two pictures of one person');
        }
      }
  } finally {
    gpu.transfers.fill = fill;
  }
  assert.equal(uploads, new Array(24).fill(BATCH * BYTES));
});

test('shuffled pairs are those of one person with their sources permuted, and a resumed run sees the same', async () => {
  const [see, again] = [reader(await pairsOfFolder()), reader(await pairsOfFolder())];
  const sorted = (pictures: Uint8Array[]) => pictures.map((bytes) => JSON.stringify(nameOf(bytes))).sort();
  let moved = 0;
  for (let number = 0; number < 4; number++) {
    const [same, shuffled] = [await see('same', number), await see('shuffled', number)];
    assert.equal(shuffled.targets, same.targets);
    assert.equal(sorted(shuffled.sources), sorted(same.sources));
    moved += shuffled.sources.filter((bytes, k) => !Buffer.from(bytes).equals(same.sources[k] as Uint8Array)).length;
    assert.equal(await again('shuffled', number), shuffled);
  }
  assert.ok(moved > 0);
});

/** Pairs out of a copy of the folder in which something happened after it was listed. */
async function damaged(name: string, damage: (copy: string) => void) {
  const copy = join(folder, '..', `${basename(folder)}-${name}`);
  cpSync(folder, copy, { recursive: true });
  const data = await openDataSet(copy);
  damage(copy);
  const pictures = new Pictures(data, SIZE);
  const told: BadPicture[] = [];
  pictures.onBad = (bad) => told.push(bad);
  return { pairs: new PicturePairs({ people: data.people, pictures, batchSize: BATCH, seed: SEED }), told };
}

test('bad pictures are told once, and good ones of the same person stand in for them, whenever that is found out', async () => {
  const wide = { width: 2 * SIZE, height: SIZE, data: new Float32Array(2 * BYTES) };
  const cut = (copy: string) => {
    truncateSync(join(copy, 'person 0', '0.png'), 60);
    rmSync(join(copy, 'person 1', '1.png'));
    writeFileSync(join(copy, 'person 2', '2.png'), encodePng(wide));
  };
  const [first, later] = [await damaged('bad', cut), await damaged('bad-again', cut)];
  const [see, seeLater, seeGood] = [reader(first.pairs), reader(later.pairs), reader(await pairsOfFolder())];
  const bad = (name: { person: number; picture: number }) => name.person === name.picture;
  let replaced = 0;
  for (let number = 0; number < 8; number++) {
    for (const kind of ['same', 'cross'] as const) {
      const [{ targets, sources }, good] = [await see(kind, number), await seeGood(kind, number)];
      for (const [k, bytes] of targets.entries()) {
        const [target, source] = [nameOf(bytes), nameOf(sources[k] as Uint8Array)];
        const wanted = nameOf(good.targets[k] as Uint8Array);
        assert.not(bad(target) || bad(source));
        assert.is(target.person, wanted.person, 'the same person');
        if (bad(wanted)) replaced += 1;
        else assert.is(target.picture, wanted.picture);
        assert.is(target.person === source.person, kind === 'same');
        if (kind === 'same') assert.is.not(target.picture, source.picture, 'two pictures of one person');
      }
      if (number > 4) assert.equal(await seeLater(kind, number), { targets, sources }, 'a run that begins here');
    }
  }
  assert.ok(replaced > 3);
  const names = first.told.map(({ name }) => name).sort();
  assert.equal(names, ['person 0/0.png', 'person 1/1.png', 'person 2/2.png'], 'each once');
  const reasons = first.told.map(({ reason }) => reason).join();
  for (const reason of [/cannot be decoded: it is damaged/, /no such file/, /16 x 8; an aligned face is square/])
    assert.match(reasons, reason, reasons);
});

test('somebody without two good pictures is passed over; when too few are left, the error names the last bad picture', async () => {
  const lonely = await damaged('lonely', (copy) => {
    for (const picture of [0, 1]) rmSync(join(copy, 'person 0', `${picture}.png`));
  });
  const see = reader(lonely.pairs);
  for (let number = 0; number < 4; number++)
    for (const bytes of (await see('same', number)).targets) assert.is.not(nameOf(bytes).person, 0);
  const empty = await damaged('empty', (copy) => {
    for (const person of readdirSync(copy)) for (const picture of [0, 1]) rmSync(join(copy, person, `${picture}.png`));
  });
  const message = await empty.pairs.read('same', 0).catch((error: Error) => error.message);
  assert.match(String(message), /nobody has two good pictures left; 6 pictures are bad, the last one person/);
});

test.run();
