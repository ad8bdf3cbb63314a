/**
 * @file PNG images made by hand: every colour type, depth and filter, interlaced or not, with and without a transparent
 * colour, and damaged.
 */
import { deflateSync } from 'node:zlib';
import { image } from '@visage/faces';
import { decodePng, encodePng } from '@visage/faces/node';
import { PNG } from 'pngjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostRandom } from '../helpers/random.ts';
import { chunk } from '../photos/files/png.ts';

const test = suite('png');

/** An image as a test wants it; `samples` are those of each pixel, row by row. */
interface Made {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly samples: readonly number[];
  readonly interlaced?: boolean;
  /** Chunks before the pixels. */
  readonly before?: readonly Buffer[];
  /** Bytes behind the pixels, packed with them. */
  readonly tail?: number;
  readonly packed?: (bytes: Buffer) => Buffer;
}

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** Rows of bytes, each behind the number of its filter; the filters take turns. */
function filtered(rows: readonly (readonly number[])[], pixelBytes: number): number[] {
  return rows.flatMap((row, y) => {
    const above = rows[y - 1] ?? row.map(() => 0);
    const filter = y % 5;
    const bytes = row.map((byte, k) => {
      const [a, b, c] = [row[k - pixelBytes] ?? 0, above[k] as number, k < pixelBytes ? 0 : above[k - pixelBytes]!];
      const predicted = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter] as number;
      return (byte - predicted) & 255;
    });
    return [filter, ...bytes];
  });
}

function bytesOfRow(samples: readonly number[], depth: number): number[] {
  const bits = samples.map((value) => value.toString(2).padStart(depth, '0')).join('');
  return (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
}

function made({ width, height, depth, colorType, samples, interlaced, before = [], tail = 0, packed }: Made): Buffer {
  const channels = CHANNELS[colorType] as number;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, colorType, 0, 0, interlaced ? 1 : 0], 8);
  const bytes = (interlaced ? PASSES : [[0, 0, 1, 1] as const]).flatMap(([left, top, stepX, stepY]) => {
    const rows: number[][] = [];
    for (let y = top; y < height; y += stepY) {
      const row: number[] = [];
      for (let x = left; x < width; x += stepX)
        row.push(...samples.slice((y * width + x) * channels, (y * width + x + 1) * channels));
      if (row.length > 0) rows.push(bytesOfRow(row, depth));
    }
    return filtered(rows, Math.max(1, (channels * depth) / 8));
  });
  const deflated = deflateSync(Buffer.from([...bytes, ...new Array<number>(tail).fill(7)]));
  const data = packed ? packed(deflated) : deflated;
  const half = data.length >> 1; // pixels may lie in several chunks
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = [chunk('IDAT', data.subarray(0, half)), chunk('IDAT', data.subarray(half))];
  return Buffer.concat([signature, chunk('IHDR', header), ...before, ...pixels, chunk('IEND', Buffer.alloc(0))]);
}

const palette = (colors: number): Buffer =>
  Buffer.from(Array.from({ length: 3 * colors }, (_, k) => (37 * k + 11) & 255));

const random = hostRandom(3);
const randomSamples = (count: number, most: number): number[] =>
  Array.from({ length: count }, () => Math.min(most, Math.floor(random.uniform() * (most + 1))));

/** An image of random samples, and the colours that it shows. */
function sample(colorType: number, depth: number, changes: Partial<Made> = {}): { file: Made; colors: number[] } {
  const { width = 11, height = 9 } = changes;
  const channels = CHANNELS[colorType] as number;
  const largest = 2 ** depth - 1;
  const samples = randomSamples(width * height * channels, largest);
  const table = palette(2 ** depth);
  const colors = Array.from({ length: width * height }, (_, p) => {
    const pixel = samples.slice(p * channels, (p + 1) * channels);
    if (colorType === 3) return [...table.subarray(3 * pixel[0]!, 3 * pixel[0]! + 3)].map((value) => value / 255);
    const rgb = channels < 3 ? [pixel[0]!, pixel[0]!, pixel[0]!] : pixel.slice(0, 3);
    return rgb.map((value) => value / largest);
  }).flat();
  const before = colorType === 3 ? [chunk('PLTE', table)] : [];
  return { file: { width, height, depth, colorType, samples, before, ...changes }, colors };
}

const KINDS = [
  ...[1, 2, 4, 8, 16].map((depth) => [0, depth] as const),
  ...[1, 2, 4, 8].map((depth) => [3, depth] as const),
  ...[2, 4, 6].flatMap((type) => [8, 16].map((depth) => [type, depth] as const)),
];

for (const [type, depth] of KINDS) {
  test(`colour type ${type} of ${depth} bits, interlaced or not`, () => {
    const sizes = [
      [11, 9],
      [1, 1],
      [3, 2],
      [8, 8],
    ] as const;
    for (const interlaced of [false, true]) {
      for (const [width, height] of sizes) {
        const { file, colors } = sample(type, depth, { width, height, interlaced });
        const bytes = made(file);
        const decoded = decodePng(bytes, 'x.png');
        assert.equal([decoded.width, decoded.height], [width, height]);
        assert.equal([...decoded.data], [...Float32Array.from(colors)]);
        const reference = PNG.sync.read(bytes).data; // rounded to 8 bits
        const rgb = [...reference].filter((_, k) => k % 4 < 3);
        assert.ok(colors.every((value, k) => Math.abs(255 * value - rgb[k]!) <= 0.51));
      }
    }
  });
}

test('a transparent colour is a colour like others, in every type and depth that can name one', () => {
  for (const [type, depth] of KINDS.filter(([type]) => type < 4)) {
    const { file, colors } = sample(type, depth);
    const first = file.samples.slice(0, CHANNELS[type]);
    const key = type === 3 ? first.map(() => 0) : first.flatMap((value) => [value >> 8, value & 255]);
    const before = [...(file.before ?? []), chunk('tRNS', Buffer.from(key))];
    assert.equal([...decodePng(made({ ...file, before }), 'x.png').data], [...Float32Array.from(colors)]);
  }
});

test('bytes behind the end of the image, and behind its pixels, do not matter', () => {
  const { file, colors } = sample(2, 8);
  const right = [...Float32Array.from(colors)];
  for (const tail of ['\n', 'x'.repeat(100), '\0\0\0\0IDAT'])
    assert.equal([...decodePng(Buffer.concat([made(file), Buffer.from(tail)]), 'x.png').data], right);
  for (const tail of [1, 50, 1_000_000]) assert.equal([...decodePng(made({ ...file, tail }), 'x.png').data], right);
});

test('what is passed over may be damaged; what decides the colours may not', () => {
  const { file, colors } = sample(2, 8);
  const bad = chunk('gAMA', Buffer.alloc(4));
  bad[11] = (bad[11] as number) ^ 1;
  assert.equal([...decodePng(made({ ...file, before: [bad] }), 'x.png').data], [...Float32Array.from(colors)]);
  const critical = chunk('IDAT', Buffer.alloc(3));
  critical[11] = (critical[11] as number) ^ 1;
  assert.throws(() => decodePng(made({ ...file, before: [critical] }), 'x.png'), /checksum of a part IDAT is wrong/);
  assert.throws(() => decodePng(made({ ...file, before: [chunk('CgBI', bad)] }), 'x.png'), /part "CgBI", which is not/);
});

const flat = encodePng(image(64, 64));
const broken: [string, () => Uint8Array, RegExp][] = [
  ['no end', () => flat.subarray(0, flat.length - 12), /^x\.png: .*cut off/],
  ['half the pixels', () => made({ ...sample(2, 8).file, packed: (b) => b.subarray(0, b.length >> 1) }), /cut off/],
  [
    'fewer pixels than it claims',
    () => made({ ...sample(0, 8).file, samples: [1, 2, 3] }),
    /unpacks to \d+ bytes, not/,
  ],
  ['no pixels', () => made({ ...sample(0, 8).file, packed: () => Buffer.alloc(0) }), /cut off before its pixels/],
  ['packed otherwise', () => made({ ...sample(0, 8).file, packed: () => Buffer.alloc(99) }), /not packed as those/],
  ['damaged pixels', () => made({ ...sample(0, 8).file, packed: (b) => b.fill(0xff, 2) }), /cannot be unpacked/],
  ['no palette', () => made({ ...sample(3, 8).file, before: [] }), /needs one palette/],
  [
    'two palettes',
    () => made({ ...sample(3, 2).file, before: [0, 1].map(() => chunk('PLTE', palette(4))) }),
    /one pal/,
  ],
  ['a short palette', () => made({ ...sample(3, 8).file, before: [chunk('PLTE', palette(2))] }), /has no colour \d+/],
  ['a depth of no type', () => made({ ...sample(2, 8).file, depth: 4 }), /no colour type 2 of 4 bits/],
  ['no colour type', () => made({ ...sample(0, 8).file, colorType: 2, depth: 32 }), /no colour type 2 of 32 bits/],
];
for (const [what, bytes, says] of broken) {
  test(`one line that names the file: ${what}`, () => {
    try {
      decodePng(bytes(), 'x.png');
    } catch (error) {
      const { message, name } = error as Error;
      assert.is(name, 'FileError');
      assert.ok(message.startsWith('x.png: ') && !message.includes('\n'), message);
      assert.match(message, says);
      return;
    }
    assert.unreachable('no error');
  });
}

test('a filter that does not exist is refused', () => {
  const { file } = sample(0, 8, { width: 2, height: 1, samples: [1, 2] });
  assert.throws(
    () => decodePng(made({ ...file, packed: () => deflateSync(Buffer.from([5, 1, 2])) }), 'x.png'),
    /there is no filter 5/,
  );
});

test('a bomb behind few pixels takes neither time nor memory', () => {
  const before = process.memoryUsage().arrayBuffers;
  const bytes = made({ ...sample(0, 8).file, tail: 5e6 });
  assert.is(decodePng(bytes, 'x.png').width, 11);
  const huge = made({ width: 5792, height: 5792, depth: 16, colorType: 6, samples: [] }); // claims 268 MB, has none
  assert.throws(() => decodePng(huge, 'x.png'), /unpacks to \d+ bytes, not to the/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 3e7);
});

test.run();
