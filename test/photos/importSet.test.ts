/** @file Folders of pictures become face sets: what goes in, what is left out and why, and what survives a kill. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inverted, type LeftOutFace, type StoredFace as SetFace, templates, transformed } from '@visage/photos';
import { type ImportOptions, importFaceSet, openFaceSet } from '@visage/photos/node';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { errorOf } from '../helpers/mistakes.ts';
import { encodeStored, StoredFinder, type StoredPicture, writeStored } from './storedFaces.ts';

const { test } = await gpuSuite('imports of folders');
const root = mkdtempSync(join(tmpdir(), 'visage-import-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

const OPTIONS: ImportOptions = { size: 64, workers: 1, rules: { sharpness: 0 } };
const [ANN, BOB, EVE] = [1, 2, 3];
let widths = 200;

/** A picture of a width of its own that shows one face, 128 pixels large. */
const portrait = (identity: number, attributes: number, turned = 0): StoredPicture => ({
  width: widths++,
  faces: [{ identity, attributes, x: 20, y: 10, side: 128, turned }],
});

/** Writes pictures by their paths, and gives the finder that knows them. */
async function filled(folder: string, pictures: Readonly<Record<string, StoredPicture>>): Promise<StoredFinder> {
  for (const [path, one] of Object.entries(pictures)) await writeStored(join(folder, path), one);
  return new StoredFinder(Object.values(pictures));
}

/** The pictures of a set by person, and the reasons of what was left out by picture and face. */
async function contents(out: string) {
  const set = await openFaceSet(out);
  const people: Record<string, string[]> = {};
  const records: SetFace[] = [];
  for await (const record of set.records()) {
    people[record.person] = [...(people[record.person] ?? []), record.source];
    records.push(record);
    const { width, height, format } = await sharp(await set.bytes(records.length - 1)).metadata();
    assert.equal([width, height, format], [set.size, set.size, 'jpeg']);
  }
  await set.close();
  const lines = readFileSync(join(out, 'left-out.jsonl'), 'utf8').split('\n').filter(Boolean);
  const left = lines.map((line) => JSON.parse(line) as LeftOutFace);
  const reasons = Object.fromEntries(left.map(({ source, face, reason }) => [`${source}${face ?? ''}`, reason]));
  return { people, reasons, records };
}

test('people in folders: faces that are fit go in, and each other one has a reason', async () => {
  const folder = join(root, 'people');
  const group: StoredPicture = {
    width: 420,
    faces: [
      { identity: BOB, attributes: 30, x: 0, y: 0, side: 140 },
      { identity: ANN, attributes: 31, x: 220, y: 20, side: 110 },
    ],
  };
  const finder = await filled(folder, {
    'Ann/1.jpg': portrait(ANN, 1),
    'Ann/2.jpg': portrait(ANN, 2),
    'Ann/3.jpg': portrait(ANN, 3),
    'Ann/group.jpg': group,
    'Ann/stranger.jpg': portrait(EVE, 4),
    'Ann/turned.jpg': portrait(ANN, 5, 80),
    'Ann/small.jpg': { width: 150, faces: [{ identity: ANN, attributes: 6, x: 10, y: 10, side: 30 }] },
    'Ann/empty.jpg': { width: 151, faces: [] },
    'Ann/._1.jpg': portrait(ANN, 1),
    'Ann/.hidden/1.jpg': portrait(ANN, 1),
    'Ann/@eaDir/1.jpg': portrait(ANN, 1),
    'Bob/1.jpg': portrait(BOB, 1),
    'loose.jpg': portrait(EVE, 1),
  });
  writeFileSync(join(folder, 'Ann/copy.jpg'), readFileSync(join(folder, 'Ann/1.jpg')));
  const again = await sharp(join(folder, 'Ann/2.jpg')).jpeg({ quality: 60 }).toBuffer();
  writeFileSync(join(folder, 'Ann/2 again.jpg'), again);
  writeFileSync(join(folder, 'Bob/broken.jpg'), readFileSync(join(folder, 'Bob/1.jpg')).subarray(0, 900));
  writeFileSync(join(folder, 'Bob/text.png'), 'no picture');
  mkdirSync(join(root, 'elsewhere'));
  await writeStored(join(root, 'elsewhere/2.jpg'), portrait(BOB, 99));
  symlinkSync(join(root, 'elsewhere/2.jpg'), join(folder, 'Bob/link.jpg'));
  symlinkSync(folder, join(folder, 'Bob/loop'));
  const out = join(root, 'people-set');
  const { leftOut } = await importFaceSet(folder, out, finder, OPTIONS);
  const { people, reasons, records } = await contents(out);
  assert.equal(people, { Ann: ['Ann/1.jpg', 'Ann/2 again.jpg', 'Ann/3.jpg', 'Ann/group.jpg'], Bob: ['Bob/1.jpg'] });
  const expected: Readonly<Record<string, RegExp>> = {
    'Ann/copy.jpg': /^the same file as Ann\/1\.jpg$/,
    'Ann/2.jpg0': /^nearly the same as Ann\/2 again\.jpg$/,
    'Ann/group.jpg0': /^another face of the picture$/,
    'Ann/stranger.jpg0': /^a stranger: distance 1\.\d\d from the others$/,
    'Ann/turned.jpg0': /^turned to the side by 80 degrees$/,
    'Ann/small.jpg0': /^too small: \d+ px between the eyes, enlarged \d\.\d times$/,
    'Ann/empty.jpg': /^no face was found$/,
    'Ann/.hidden': /^hidden$/,
    'Ann/._1.jpg': /^metadata of macOS$/,
    'Ann/@eaDir': /^left behind by a system or an archive$/,
    'Bob/broken.jpg': /JPEG/,
    'Bob/text.png': /^is a text, not a picture$/,
    'Bob/link.jpg': /^no face was found$/, // the finder does not know that picture: the link was followed
    'Bob/loop': /^a link to \.\., which is here already$/,
    'loose.jpg': /^lies in no folder of a person$/,
  };
  assert.equal(Object.keys(reasons).sort(), Object.keys(expected).sort());
  for (const [source, pattern] of Object.entries(expected)) assert.match(reasons[source] ?? '', pattern, source);
  assert.is(leftOut.get('no face was found'), 2);
  assert.ok(records.every(({ pose }) => Math.abs(pose.yaw) < 1));
  assert.not(existsSync(join(out, 'unfinished')));
});

test('a crop shows what its transform says, with the points of the face near those of the template', async () => {
  const folder = join(root, 'aligned');
  const one = portrait(ANN, 1);
  const out = join(root, 'aligned-set');
  await importFaceSet(folder, out, await filled(folder, { 'Ann/1.jpg': one }), { ...OPTIONS, size: 112 });
  const set = await openFaceSet(out);
  const [record] = (await contents(out)).records as [SetFace];
  for (const [k, point] of record.points.entries()) {
    const [x, y] = transformed(record.transform, point);
    const [wantedX, wantedY] = templates.simswap.poses.frontal?.[k] ?? [];
    assert.ok(Math.hypot(x - (wantedX ?? 0), y - (wantedY ?? 0)) < 6, `point ${k} lies at ${x}, ${y}`);
  }
  const crop = await sharp(await set.bytes(0))
    .raw()
    .toBuffer();
  const picture = await sharp(await encodeStored(one))
    .raw()
    .toBuffer();
  const back = inverted(record.transform);
  /** The mean difference of the crop, moved by some pixels, from the nearest pixels of the picture. */
  const difference = (moved: number): number => {
    let sum = 0;
    for (let y = 20; y < 92; y++)
      for (let x = 20; x < 92; x++) {
        const [fromX, fromY] = transformed(back, [x + 0.5, y + 0.5]).map(Math.floor) as [number, number];
        const [at, from] = [3 * (y * 112 + x + moved), 3 * (fromY * one.width + fromX)];
        for (let c = 0; c < 3; c++) sum += Math.abs((crop[at + c] as number) - (picture[from + c] as number));
      }
    return sum / (3 * 72 * 72);
  };
  assert.ok(difference(0) < 5, `${difference(0)} levels`);
  assert.ok(difference(0) < difference(3) / 2, 'the measure would not notice a crop that is off by 3 pixels');
  await set.close();
});

test('a flat folder: people are told apart; a list names them', async () => {
  const folder = join(root, 'flat');
  const pictures: Record<string, StoredPicture> = {};
  for (let k = 0; k < 6; k++) pictures[`${k}.jpg`] = portrait([ANN, BOB, EVE][k % 3] as number, 10 + k);
  const finder = await filled(folder, pictures);
  const flat = await importFaceSet(folder, join(root, 'flat-set'), finder, OPTIONS);
  assert.is(flat.layout, 'flat');
  const { people } = await contents(join(root, 'flat-set'));
  assert.equal(people, {
    'person-00001': ['0.jpg', '3.jpg'],
    'person-00002': ['1.jpg', '4.jpg'],
    'person-00003': ['2.jpg', '5.jpg'],
  });
  const list = join(root, 'list.tsv');
  writeFileSync(list, '# people\nflat/4.jpg\tBob\nflat/0.jpg\tAnn\nflat/1.jpg\tBob\nflat/9.jpg\tBob\n');
  await importFaceSet(list, join(root, 'list-set'), finder, OPTIONS);
  const listed = await contents(join(root, 'list-set'));
  assert.equal(listed.people, { Ann: ['flat/0.jpg'], Bob: ['flat/1.jpg', 'flat/4.jpg'] });
  assert.equal(listed.reasons, { 'flat/9.jpg': 'no such file' });
  writeFileSync(list, 'flat/4.jpg Bob\n');
  const error = await errorOf(() => importFaceSet(list, join(root, 'no-set'), finder, OPTIONS));
  assert.match(error?.message ?? '', /list\.tsv: line 1 is 'flat\/4\.jpg Bob', expected a picture, a tab and a person/);
});

test('the lists of VGGFace2 say where faces are', async () => {
  const folder = join(root, 'vgg');
  const one = portrait(ANN, 1);
  await writeStored(join(folder, 'train/n000002/0001_01.jpg'), one);
  mkdirSync(join(folder, 'bb_landmark'));
  const points = [60, 60, 110, 62, 85, 90, 65, 110, 105, 112];
  const head = `"NAME_ID",${points.map((_, k) => `P${1 + (k >> 1)}${k % 2 ? 'Y' : 'X'}`).join(',')}`;
  writeFileSync(
    join(folder, 'bb_landmark/loose_landmark_train.csv'),
    `${head}\n"n000002/0001_01",${points.join(',')}\n`,
  );
  writeFileSync(join(folder, 'bb_landmark/loose_bb_train.csv'), 'NAME_ID,X,Y,W,H\n"n000002/0001_01",30,20,100,120\n');
  const finder = {
    batch: 2,
    findAll: () => Promise.reject(new Error('the finder was asked')),
    describeAll: async () => [[new Float32Array(128)]],
  };
  const out = join(root, 'vgg-set');
  await importFaceSet(folder, out, finder, OPTIONS);
  const { people, records } = await contents(out);
  assert.equal(people, { 'train/n000002': ['train/n000002/0001_01.jpg'] });
  assert.equal(records[0]?.box, { x: 30, y: 20, width: 100, height: 120 });
  assert.equal(records[0]?.points[2], [85, 90]);
  assert.is(records[0]?.score, undefined);
});

/** Runs an import in a process of its own; it is killed after so many pictures. */
async function child(folder: string, out: string, killAfter = Number.POSITIVE_INFINITY): Promise<string[]> {
  const script = join(dirname(new URL(import.meta.url).pathname), 'importChild.ts');
  const started = spawn(process.execPath, [...process.execArgv, script, folder, out], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  started.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (Number(text.trim().split('\n').at(-1)?.split(' ')[0]) >= killAfter) started.kill('SIGKILL');
  });
  await new Promise((resolve) => started.on('close', resolve));
  return text.trim().split('\n');
}

test('an import that was killed goes on, and ends with the set of one that was not', async () => {
  const folder = join(root, 'long');
  const pictures: Record<string, StoredPicture> = {};
  for (let k = 0; k < 24; k++) pictures[`${k % 2 ? 'Ann' : 'Bob'}/${k}.jpg`] = portrait(k % 2 ? ANN : BOB, k);
  const finder = await filled(folder, pictures);
  writeFileSync(join(root, 'truth.json'), JSON.stringify(Object.values(pictures)));
  const rules = { enlargement: 3, sharpness: 0 };
  const whole = await importFaceSet(folder, join(root, 'whole-set'), finder, { ...OPTIONS, rules });
  assert.ok((whole.header?.faces ?? 0) > 10);
  const out = join(root, 'killed-set');
  let asked = 0;
  const stopped = await importFaceSet(folder, out, finder, { ...OPTIONS, rules, stop: () => ++asked === 5 });
  assert.is(stopped.header, undefined);
  await child(folder, out, 11);
  assert.not(existsSync(join(out, 'set.json')));
  const lines = join(out, 'unfinished/found.jsonl');
  writeFileSync(lines, readFileSync(lines, 'utf8').slice(0, -20)); // and the last line was cut off
  const error = await errorOf(() => importFaceSet(folder, out, finder, { ...OPTIONS, rules, size: 80 }));
  assert.match(error?.message ?? '', /unfinished set that was begun otherwise \(size 64, now 80\)/);
  const last = await child(folder, out);
  assert.ok(Number(last[0]?.split(' ')[1]) >= 4, `it began anew: ${last[0]}`);
  assert.is(last.at(-1), whole.header?.digest);
  for (const file of ['left-out.jsonl', 'index.html'])
    assert.is(readFileSync(join(out, file), 'utf8'), readFileSync(join(root, 'whole-set', file), 'utf8'), file);
});

test('crops that are missing behind a whole list of faces are found again', async () => {
  const folder = join(root, 'long');
  const finder = new StoredFinder(JSON.parse(readFileSync(join(root, 'truth.json'), 'utf8')));
  const out = join(root, 'cut-set');
  const rules = { enlargement: 3, sharpness: 0 };
  let asked = 0;
  await importFaceSet(folder, out, finder, { ...OPTIONS, rules, stop: () => ++asked === 8 });
  truncateSync(join(out, 'unfinished/crops.jpgs'), 5000);
  const { header } = await importFaceSet(folder, out, finder, { ...OPTIONS, rules });
  assert.is(header?.digest, (await openFaceSet(join(root, 'whole-set'))).digest);
});

test('mistakes: an empty folder, a set that is there, a set among the pictures, an unknown rule', async () => {
  const finder = new StoredFinder([]);
  const empty = join(root, 'empty');
  mkdirSync(empty);
  const cases: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [() => importFaceSet(empty, join(root, 'x'), finder, OPTIONS), /empty: holds no pictures/],
    [() => importFaceSet(join(root, 'none'), join(root, 'x'), finder), /none: no such folder or list/],
    [() => importFaceSet(join(root, 'flat'), join(root, 'flat-set'), finder), /holds a face set already/],
    [() => importFaceSet(join(root, 'flat'), join(root, 'flat/set'), finder), /lies inside .* only read/],
    [
      () => importFaceSet(join(root, 'flat'), join(root, 'x'), finder, { size: 5 }),
      /size is 5, expected an integer from 16/,
    ],
    [
      () => importFaceSet(join(root, 'flat'), join(root, 'x'), finder, { rules: { blur: 3 } as never }),
      /option 'blur' is 3, expected only the options enlargement/,
    ],
  ];
  for (const [call, expected] of cases) assert.match((await errorOf(call))?.message ?? 'no error', expected);
});

test.run();
