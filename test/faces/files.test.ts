/** PNG files and image folders: what was written is read back, and every bad file ends in one line that names it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Image, image, imageGrid, landmarksOf, resizeImage } from '@visage/faces';
import { decodePng, encodePng, listFaceFolder, pngTexts, readFace, readPng, writeFaceFolder } from '@visage/faces/node';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('image files');
const folder = await mkdtemp(join(tmpdir(), 'visage-faces-'));
test.after(() => rm(folder, { recursive: true, force: true }));

const ramp = image(
  5,
  4,
  Float32Array.from({ length: 60 }, (_, n) => (4 * n) / 255),
);
const bytes = encodePng(ramp);

/** A copy of `bytes` with some of them replaced. */
function patched(at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}

test('a PNG image survives the way to bytes and back', () => {
  const back = decodePng(bytes, 'ramp.png');
  assert.is(back.width, 5);
  assert.is(back.height, 4);
  assert.ok(back.data.every((value, n) => Math.abs(value - (ramp.data[n] as number)) < 1e-6));
});

test('texts lie in the file and leave the pixels alone', () => {
  const marked = encodePng(ramp, { texts: { 'XML:com.adobe.xmp': '<x>é</x>', Comment: 'two' } });
  assert.equal(pngTexts(marked, 'marked.png'), { 'XML:com.adobe.xmp': '<x>é</x>', Comment: 'two' });
  assert.equal(decodePng(marked, 'marked.png').data, decodePng(bytes, 'ramp.png').data);
});

const hostile: [string, Uint8Array, RegExp][] = [
  ['empty', new Uint8Array(0), /x\.png.*not a PNG/],
  ['text', new TextEncoder().encode('<svg>not an image</svg>'), /x\.png.*not a PNG/],
  ['signature only', bytes.subarray(0, 8), /x\.png.*damaged/],
  ['cut in the header', bytes.subarray(0, 20), /x\.png.*cut off/],
  ['cut in the pixels', bytes.subarray(0, bytes.length - 20), /x\.png.*cut off/],
  ['huge sides', patched(16, 0x7f, 0xff, 0xff, 0xff), /x\.png.*claims 2147483647 x 4 pixels/],
  ['many pixels', patched(16, 0, 0, 0x20, 0, 0, 0, 0x20, 0), /x\.png.*claims 8192 x 8192/],
  ['no pixels', patched(16, 0, 0, 0, 0), /x\.png.*claims 0 x 4/],
  ['wrong checksum', patched(29, 1), /x\.png.*damaged/],
  ['chunk longer than the file', patched(33, 0x7f), /x\.png.*cut off/],
  ['two headers', Buffer.concat([bytes.subarray(0, 33), bytes.subarray(8)]), /x\.png.*only header/],
];
for (const [what, content, message] of hostile) {
  test(`a bad file ends in one line: ${what}`, () => {
    try {
      decodePng(content, 'x.png');
    } catch (error) {
      assert.match((error as Error).message, message);
      assert.not.match((error as Error).message, /\n/);
      return;
    }
    assert.unreachable('no error');
  });
}

test('resizing keeps means and constants', () => {
  const small = resizeImage(ramp, 2, 2);
  assert.is(small.width, 2);
  const flat = resizeImage(image(3, 3, new Float32Array(27).fill(0.25)), 7, 5);
  assert.ok(flat.data.every((value) => Math.abs(value - 0.25) < 1e-6));
  const half = resizeImage(image(4, 1, Float32Array.from([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])), 2, 1);
  assert.ok(Math.abs((half.data[0] as number) + (half.data[3] as number) - 1) < 1e-6);
});

test('a grid holds its images and labels', () => {
  const options = { columns: 2, columnLabels: ['source', 'swap'], rowLabels: ['id 1', 'id 2'], scale: 2 };
  const grid = imageGrid([ramp, ramp, ramp], options);
  assert.is(grid.width, 2 + 4 * 4 + 2 + 2 * 12);
  assert.is(grid.height, 5 + 4 + 2 * 10);
  assert.throws(() => imageGrid([], { columns: 2 }), /images is an empty list/);
  const [gap, shown] = [imageGrid([undefined, ramp], { columns: 2 }), imageGrid([ramp, ramp], { columns: 2 })];
  assert.equal([gap.width, gap.height], [shown.width, shown.height]);
  const at = (grid: Image, x: number) => grid.data[3 * (3 * grid.width + x)];
  assert.is(at(gap, 3), at(gap, 0), 'an empty place looks like the ground');
  assert.is(at(gap, 9), at(shown, 9));
});

test('a folder of faces is written with its labels and listed again', async () => {
  const root = join(folder, 'set');
  const written = await writeFaceFolder(root, { identities: 2, imagesPerIdentity: 2, size: 48, samples: 1 });
  const identities = await listFaceFolder(root);
  assert.equal(
    identities.map((identity) => identity.name),
    ['0000000', '0000001'],
  );
  assert.equal(
    identities.flatMap((identity) => identity.files),
    written.map((record) => join(root, record.file)),
  );
  const lines = (await readFile(join(root, 'faces.jsonl'), 'utf8')).trim().split('\n');
  assert.equal(
    lines.map((line) => JSON.parse(line)),
    written,
  );
  assert.equal(written[3]?.landmarks, landmarksOf({ identity: 1, attributes: 3 }, 48));
  const face = await readFace(identities[1]?.files[1] as string, 32);
  assert.is(face.width, 32);
});

/** The message of the error that a promise ends in. */
const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => assert.unreachable('no error') as never,
    (error: Error) => error.message,
  );

test('missing and unfit files say so', async () => {
  assert.match(await failure(readPng(join(folder, 'none.png'))), /none\.png.*no such file/);
  assert.match(await failure(listFaceFolder(join(folder, 'nowhere'))), /nowhere.*no such folder/);
  await mkdir(join(folder, 'bare', 'one'), { recursive: true });
  assert.match(await failure(listFaceFolder(join(folder, 'bare'))), /bare.*holds no identity folders/);
  await writeFile(join(folder, 'wide.png'), bytes);
  assert.match(await failure(readFace(join(folder, 'wide.png'), 32)), /wide\.png.*is 5 x 4; an aligned face is square/);
});

test.run();
