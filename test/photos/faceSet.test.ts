/** @file Face sets: what is written is read again, and what was damaged is refused with a line that names the file. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faceLine, readFaceLine, type SetFace } from '@visage/photos';
import { FaceSetWriter, openFaceSet, writeRenderedSet } from '@visage/photos/node';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { errorOf } from '../helpers/mistakes.ts';

const { test } = await gpuSuite('face sets');
const root = mkdtempSync(join(tmpdir(), 'visage-face-set-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

const face = (person: string, k: number): SetFace => ({
  person,
  source: `${person}/bild "${k}" ü.jpg`,
  sourceHash: String(k).padStart(64, '0'),
  box: { x: -3.25, y: 10, width: 50.5, height: 60 },
  points: [
    [10, 20],
    [30.5, 20],
    [20, 30],
    [12, 40],
    [28, 40.25],
  ],
  score: 0.75,
  flag: 0.9921,
  transform: { a: 1.25, b: -0.0625, tx: 3, ty: -7.5 },
  eyes: 20.5,
  sharpness: 123.5,
  pose: { yaw: -12.5, pitch: 3, roll: 0.5 },
  hash: '0123456789abcdef',
  descriptor: Float32Array.from({ length: 128 }, (_, n) => Math.sin(n + k)),
});

/** Fails unless a call ends with an error whose message fits. */
async function rejects(call: () => unknown, expected: RegExp): Promise<void> {
  const error = await errorOf(call);
  assert.ok(error, `nothing was refused, expected ${expected}`);
  assert.match(error.message, expected);
}

/** Bytes that stand for a JPEG file; a set does not look into them. */
const bytesOf = (k: number): Uint8Array => Uint8Array.from({ length: 100 + k }, (_, n) => (n * 7 + k) & 255);

/** A set of six faces of two people in shards of at most 250 bytes. */
async function writeSet(name: string): Promise<string> {
  const folder = join(root, name);
  const writer = await FaceSetWriter.create(folder, { size: 64, template: 'simswap', shardBytes: 250 });
  for (let k = 0; k < 6; k++) await writer.add(face(k < 4 ? 'Ann' : 'Bob', k), bytesOf(k));
  await writer.leaveOut({ source: 'Bob/9.jpg', reason: 'no face was found' });
  await writer.finish();
  return folder;
}

test('a face becomes a line of JSON and the same face again', () => {
  const stored = { ...face('Ann', 1), shard: 2, offset: 30, length: 40 };
  assert.equal(readFaceLine(faceLine(stored)), stored);
  const { score, flag, descriptor, ...listed } = stored;
  assert.equal(readFaceLine(faceLine(listed)), listed);
});

test('a set that was written is read again: people, bytes and records, from several shards', async () => {
  const folder = await writeSet('whole');
  const set = await openFaceSet(folder);
  assert.is(set.size, 64);
  assert.is(set.faces, 6);
  assert.equal(set.people, [
    { name: 'Ann', faces: [0, 1, 2, 3] },
    { name: 'Bob', faces: [4, 5] },
  ]);
  for (let k = 0; k < 6; k++) assert.equal(await set.bytes(k), bytesOf(k));
  const records = [];
  for await (const { shard, offset, length, ...record } of set.records()) records.push(record);
  assert.equal(
    records,
    Array.from({ length: 6 }, (_, k) => face(k < 4 ? 'Ann' : 'Bob', k)),
  );
  assert.is(readdirSync(folder).filter((name) => name.endsWith('.jpgs')).length, 3);
  const { file, offset, length } = set.place(5);
  assert.equal(new Uint8Array(readFileSync(file).subarray(offset, offset + length)), bytesOf(5));
  await set.verify();
  await set.close();
  assert.match(readFileSync(join(folder, 'left-out.jsonl'), 'utf8'), /"reason":"no face was found"/);
});

test('the digest is that of the content: the same for the same faces elsewhere, another for other faces', async () => {
  const [first, again] = [await openFaceSet(await writeSet('first')), await openFaceSet(await writeSet('again'))];
  assert.is(first.digest, again.digest);
  renameSync(join(root, 'again'), join(root, 'moved'));
  assert.is((await openFaceSet(join(root, 'moved'))).digest, first.digest);
  const other = await FaceSetWriter.create(join(root, 'other'), { size: 64, template: 'simswap' });
  await other.add(face('Ann', 0), bytesOf(1));
  assert.is.not((await other.finish()).digest, first.digest);
});

test('damage is found when a set is opened, and named', async () => {
  const whole = await writeSet('sound');
  const damaged = async (file: string, change: (text: string) => string, expected: RegExp) => {
    const folder = join(root, 'damaged');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const name of readdirSync(whole)) copyFileSync(join(whole, name), join(folder, name));
    writeFileSync(join(folder, file), change(readFileSync(join(whole, file), 'latin1')), 'latin1');
    await rejects(() => openFaceSet(folder), expected);
  };
  await damaged('set.json', () => '{', /set\.json: is no JSON/);
  await damaged('set.json', (text) => text.replace('visage-face-set', 'x'), /format 'x', expected 'visage-face-set'/);
  await damaged('set.json', (text) => text.replace('"version": 1', '"version": 2'), /the version 2, expected 1/);
  await damaged('set.json', (text) => text.replace('faces-00000.jpgs', '../a.jpgs'), /the file '\.\.\/a\.jpgs'/);
  await damaged('set.json', (text) => text.replace('"size": 64', '"size": 1e9'), /the size 1000000000, expected/);
  await damaged('faces-00001.jpgs', (text) => text.slice(1), /faces-00001\.jpgs: has \d+ bytes, expected \d+/);
  await damaged('faces.jsonl', (text) => text.replace('"Ann"', '"Eve"'), /is not the list that belongs to set\.json/);
  await damaged('faces.jsonl', (text) => text.replace('"shard":0', '"shard":9'), /line 1 names shard 9 of 3/);
  await damaged('faces.jsonl', (text) => text.replace('"offset":0', '"offset":-1'), /line 1 has the offset -1/);
  await damaged('faces.jsonl', (text) => text.replace('"length":100', '"length":9999'), /line 1 ends at byte 9999/);
  await damaged('faces.jsonl', (text) => text.slice(0, text.indexOf('\n') + 1), /has 1 faces, expected 6/);
  await rejects(() => openFaceSet(root), /is no face set: it has no set\.json/);
});

test('bytes that were changed are found by a verification', async () => {
  const folder = await writeSet('changed');
  const path = join(folder, 'faces-00000.jpgs');
  const bytes = readFileSync(path);
  bytes[50] = (bytes[50] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  const set = await openFaceSet(folder);
  await rejects(() => set.verify(), /faces-00000\.jpgs: was changed/);
});

test('a finished set is not overwritten, and an unfinished one is no set', async () => {
  const folder = await writeSet('there');
  await rejects(() => FaceSetWriter.create(folder, { size: 64, template: 'simswap' }), /holds a face set already/);
  const writer = await FaceSetWriter.create(join(root, 'half'), { size: 64, template: 'simswap' });
  await writer.add(face('Ann', 0), bytesOf(0));
  await writer.abandon();
  await rejects(() => openFaceSet(join(root, 'half')), /is no face set/);
});

test('rendered people become a set of JPEG files', async () => {
  const folder = join(root, 'rendered');
  await writeRenderedSet(folder, { people: 2, facesPerPerson: 3, size: 48 });
  const set = await openFaceSet(folder);
  assert.equal(
    set.people.map(({ name, faces }) => [name, ...faces]),
    [
      ['rendered-0000', 0, 1, 2],
      ['rendered-0001', 3, 4, 5],
    ],
  );
  const { width, height, format } = await sharp(await set.bytes(4)).metadata();
  assert.equal([width, height, format], [48, 48, 'jpeg']);
  await set.close();
});

test.run();
