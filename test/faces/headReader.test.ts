/**
 * @file The reader of the head asset: its codings against numbers coded by hand, and files that are damaged or hostile.
 */
import { readFileSync } from 'node:fs';
import { readHeadAsset } from '@visage/faces';
import { FileError } from '@visage/gpu';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assetLimits, openContainer } from '../../packages/faces/src/heads/asset/sections.ts';
import { unpackNumbers, unpackPlanes } from '../../packages/faces/src/heads/asset/unpack.ts';
import { any, errorOf, refusesEach } from '../helpers/mistakes.ts';
import { headFile, type MadeSection, splitHeadFile, withHeader } from './headFile.ts';

const test = suite('head reader');
const assetOf = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../packages/faces/assets/${name}`, import.meta.url)));
const shapes = assetOf('heads-shapes.bin');
const textures = assetOf('heads-textures.bin');

const numbers = (facts: Record<string, unknown>, bytes: number[]): MadeSection => ({
  header: { name: 'n', kind: 'numbers', rows: 3, columns: 2, width: 1, difference: true, ...facts },
  bytes: Uint8Array.from(bytes),
});
const planes = (facts: Record<string, unknown>, bytes: number[]): MadeSection => ({
  header: { name: 'p', kind: 'planes', layers: 1, height: 2, width: 3, ...facts },
  bytes: Uint8Array.from(bytes),
});
const everything = [-1e9, 1e9] as const;
const unpackN = (file: Uint8Array) => unpackNumbers(openContainer('made.bin', file), 'n', 2, everything);

test('numbers are unfolded and summed column by column', async () => {
  // Columns 5, 4, 7 and −1, −1, 2 as differences 5, −1, 3 and −1, 0, 3; folded 10, 1, 6 and 1, 0, 6.
  assert.equal([...(await unpackN(headFile([numbers({}, [10, 1, 6, 1, 0, 6])])))], [5, -1, 4, -1, 7, 2]);
});

test('numbers of two bytes have their low bytes first, and need not be differences', async () => {
  // 300 is folded to 600 = 2 · 256 + 88.
  const made = numbers({ width: 2, difference: false }, [88, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0]);
  assert.equal([...(await unpackN(headFile([made])))], [300, -1, 0, 0, 0, 0]);
});

test('planes add the median of the neighbours and their plane', async () => {
  // Rows 10, 12, 11, 2 and 9, 20, 5, 7. The first row is guessed from the left: 0, 10, 12, 11. The second row's guesses
  // are 10 (above), 11 (9 + 12 − 10), 19 (20 + 11 − 12) and 2 (the lower of 5 and 2, since the corner 11 is above
  // both).
  const made = planes({ width: 4 }, [10, 2, 255, 247, 255, 9, 242, 5]);
  const container = openContainer('made.bin', headFile([made]));
  assert.equal([...(await unpackPlanes(container, 'p', [1, 2, 4]))], [10, 12, 11, 2, 9, 20, 5, 7]);
});

/** An error that names the file and says what is wrong. */
async function refuses(call: () => unknown, message: RegExp) {
  const error = await errorOf(call);
  assert.ok(error instanceof FileError, error ? `${error.name}: ${error.message}` : 'nothing was refused');
  assert.match(error.message, message);
}

test('a section with more or fewer bytes than it claims is refused', async () => {
  await refuses(() => unpackN(headFile([numbers({}, [0, 0, 0, 0, 0, 0, 0])])), /made\.bin: .* more than the 6 bytes/);
  await refuses(() => unpackN(headFile([numbers({}, [0, 0])])), /holds 2 of the 6 bytes/);
});

test('a small stream that inflates to much stops at what it claims', async () => {
  const bomb = numbers({}, []);
  await refuses(() => unpackN(headFile([{ ...bomb, bytes: new Uint8Array(1 << 26) }])), /more than the 6 bytes/);
});

test('numbers out of range are refused', async () => {
  const container = openContainer('made.bin', headFile([numbers({}, [10, 1, 6, 1, 0, 6])]));
  await refuses(() => unpackNumbers(container, 'n', 2, [0, 100]), /section n holds -1 in row 0, expected 0 to 100/);
  await refuses(() => unpackNumbers(container, 'n', 3, everything), /2 columns, expected 3/);
  await refuses(() => unpackNumbers(container, 'm', 2, everything), /no section m/);
  await refuses(() => unpackPlanes(container, 'n', [1, 1, 1]), /no section n of planes/);
});

test('headers that claim too much are refused before anything is unpacked', async () => {
  const open = (sections: MadeSection[], facts = {}) => openContainer('made.bin', headFile(sections, facts));
  await refuses(() => open([numbers({ rows: 2 ** 40 }, [])]), /rows of section n is 1099511627776/);
  await refuses(() => open([planes({ height: 4096, width: 4096, layers: 3 }, [])]), /claims 50331648 bytes/);
  const large = { height: 4096, width: 4096, layers: 1 };
  const many = Array.from({ length: 7 }, (_, k) => planes({ ...large, name: `p${k}` }, []));
  await refuses(() => open(many), new RegExp(`more than ${assetLimits.unpacked} bytes`));
  await refuses(() => open([numbers({ rows: -1 }, [])]), /rows of section n is -1/);
  await refuses(() => open([numbers({ rows: 1.5 }, [])]), /rows of section n is 1.5/);
  await refuses(() => open([numbers({ packed: 1e6 }, [])]), /cut off in section n/);
  await refuses(() => open([numbers({ kind: 'code' }, [])]), /unknown kind code/);
  await refuses(() => open([numbers({}, []), numbers({}, [])]), /two sections n/);
  await refuses(() => open([numbers({ packed: 0 }, [1])]), /bytes follow its last section/);
  await refuses(() => open([], { version: 2 }), /version 2; this program reads version 1/);
  await refuses(() => open([], { sections: 5 }), /must list at most/);
});

test('files that are cut off, empty or of another kind are refused by name', async () => {
  for (const length of [0, 4, 8, 11, 12, 400, shapes.length >> 1, shapes.length - 1]) {
    await refuses(() => readHeadAsset(shapes.subarray(0, length), textures), /^heads-shapes\.bin: /);
  }
  await refuses(
    () => readHeadAsset(shapes, textures.subarray(0, textures.length - 9)),
    /^heads-textures\.bin: .*cut off/,
  );
  await refuses(() => readHeadAsset(textures, shapes), /^heads-shapes\.bin: /);
  await refuses(() => readHeadAsset(new Uint8Array(assetLimits.file + 1), textures), /bytes long, more than/);
});

test('flipped bits are noticed, because each section has a checksum', async () => {
  for (const part of [0.3, 0.6, 0.9]) {
    const damaged = shapes.slice();
    const at = Math.floor(part * damaged.length);
    damaged[at] = damaged[at]! ^ 0x40;
    await refuses(() => readHeadAsset(damaged, textures), /^heads-shapes\.bin: is a damaged head asset/);
  }
});

test('headers that do not fit what they describe are refused', async () => {
  const cases: [Uint8Array, (header: Record<string, unknown>) => Record<string, unknown>, RegExp][] = [
    [shapes, (header) => ({ ...header, targets: ['one'] }), /counts, indices and moves of its targets do not fit/],
    [shapes, (header) => ({ ...header, targets: 7 }), /targets in its header must be a list of names/],
    [shapes, (header) => ({ ...header, parts: ['body/body'] }), /0 parts eyes/],
    [shapes, (header) => ({ ...header, parts: ['hat/fedora'] }), /hat\/fedora is no name of a part/],
    [textures, (header) => ({ ...header, layers: {} }), /the layers environments/],
    [textures, (header) => ({ ...header, skinWindow: [0, 0, 2, 1] }), /skinWindow/],
  ];
  for (const [file, change, message] of cases) {
    const { header, streams } = splitHeadFile(file);
    const changed = withHeader(streams, change(header));
    await refuses(() => (file === shapes ? readHeadAsset(changed, textures) : readHeadAsset(shapes, changed)), message);
  }
});

refusesEach(test, [
  ['shapes that are no bytes', () => readHeadAsset(any('heads-shapes.bin'), textures), /shapes is string/],
  ['textures that are missing', () => readHeadAsset(shapes, any(undefined)), /textures is undefined/],
]);

test.run();
