/** Finished sets are revised: people, pictures and faces are taken out, and other rules are tried without detecting. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LeftOutFace } from '@visage/photos';
import { importFaceSet, openFaceSet, reviseFaceSet } from '@visage/photos/node';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { errorOf } from '../helpers/mistakes.ts';
import { StoredFinder, type StoredPicture, writeStored } from './storedFaces.ts';

const { test } = await gpuSuite('revised sets');
const root = mkdtempSync(join(tmpdir(), 'visage-revise-'));
test.after(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string): string => join(root, name);

const one = (width: number, identity: number, attributes: number, turned = 0): StoredPicture => ({
  width,
  faces: [{ identity, attributes, x: 20, y: 10, side: 128, turned }],
});
const pictures: Readonly<Record<string, StoredPicture>> = {
  'Ann/1.jpg': one(201, 1, 1),
  'Ann/2.jpg': one(202, 1, 2, 50),
  'Ann/3.jpg': one(203, 1, 3, 70),
  'Bob/1.jpg': one(204, 2, 1),
  'Bob/2.jpg': one(205, 2, 2, 60),
};
for (const [path, picture] of Object.entries(pictures)) await writeStored(at(`pictures/${path}`), picture);
const finder = new StoredFinder(Object.values(pictures));
const options = { size: 64, workers: 1 };
const [strict, rules] = [
  { sharpness: 0, yaw: 55 },
  { sharpness: 0, yaw: 65 },
];
await importFaceSet(at('pictures'), at('plain'), finder, { ...options, rules });
await importFaceSet(at('pictures'), at('full'), finder, { ...options, rules, keepFound: true });

/** The pictures of a set, and why others are not in it. */
async function contents(set: string) {
  const opened = await openFaceSet(set);
  await opened.verify();
  const sources: string[] = [];
  for await (const { source } of opened.records()) sources.push(source);
  const bytes = await Promise.all(sources.map((_, k) => opened.bytes(k)));
  await opened.close();
  const lines = readFileSync(join(set, 'left-out.jsonl'), 'utf8').split('\n').filter(Boolean);
  const left = lines.map((line) => JSON.parse(line) as LeftOutFace);
  return { sources, bytes, reasons: Object.fromEntries(left.map(({ source, reason }) => [source, reason])) };
}

test('a person, a picture and a face are taken out, and the others keep their bytes', async () => {
  const before = await contents(at('plain'));
  assert.equal(before.sources, ['Ann/1.jpg', 'Ann/2.jpg', 'Bob/1.jpg', 'Bob/2.jpg']);
  for (const [remove, left] of [
    [['Ann'], [2, 3]],
    [['Ann/2.jpg'], [0, 2, 3]],
    [
      ['#0', '#3'],
      [1, 2],
    ],
  ] as const) {
    const out = at(`without ${remove.join(' ').replace('/', ' ')}`);
    const { header, leftOut } = await reviseFaceSet(at('plain'), out, { remove });
    const after = await contents(out);
    assert.equal(
      after.sources,
      left.map((k) => before.sources[k]),
    );
    assert.equal(
      after.bytes,
      left.map((k) => before.bytes[k]),
    );
    assert.is(header.faces, left.length);
    assert.is(leftOut.get('removed'), before.sources.length - left.length);
    assert.match(after.reasons['Ann/3.jpg'] ?? '', /turned to the side by 70/, 'what was left out before');
    assert.ok(existsSync(join(out, 'index.html')));
  }
});

test('stricter rules apply to every set, looser ones where everything was kept', async () => {
  await reviseFaceSet(at('plain'), at('strict'), { rules: strict });
  assert.equal((await contents(at('strict'))).sources, ['Ann/1.jpg', 'Ann/2.jpg', 'Bob/1.jpg']);
  const loose = { sharpness: 0, yaw: 75 };
  await reviseFaceSet(at('full'), at('loose'), { rules: loose, remove: ['Bob/1.jpg'] });
  const { sources, reasons } = await contents(at('loose'));
  assert.equal(sources, ['Ann/1.jpg', 'Ann/2.jpg', 'Ann/3.jpg', 'Bob/2.jpg']);
  assert.equal(reasons, { 'Bob/1.jpg': 'removed' });
  const direct = await importFaceSet(at('pictures'), at('direct'), finder, { ...options, rules: strict });
  const again = await reviseFaceSet(at('full'), at('again'), { rules: strict });
  assert.is(again.header.digest, direct.header?.digest, 'the set that an import by these rules gives');
  assert.not(readFileSync(at('full/found/survey.json'), 'utf8').includes(root), 'no path of this machine');
});

test('mistakes: what the set does not hold, a folder with a set, a folder that is none', async () => {
  const cases = [
    [() => reviseFaceSet(at('plain'), at('x'), { remove: ['Eve'] }), /remove is 'Eve', expected a person, a picture/],
    [() => reviseFaceSet(at('plain'), at('x'), { remove: ['#4'] }), /remove is '#4'/],
    [() => reviseFaceSet(at('plain'), at('full')), /holds a face set already/],
    [() => reviseFaceSet(at('plain'), at('plain')), /holds a face set already/],
    [() => reviseFaceSet(at('pictures'), at('x')), /is no face set/],
    [() => reviseFaceSet(at('plain'), at('x'), { rules: { blur: 1 } as never }), /blur/],
  ] as const;
  for (const [call, expected] of cases) assert.match((await errorOf(call))?.message ?? 'no error', expected);
});

test.run();
