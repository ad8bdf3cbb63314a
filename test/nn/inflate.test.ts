/** @file Unpacking against zlib: every kind of block, cut or damaged anywhere, and only as far as asked. */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { FileError, inflate } from '@visage/nn';
import { suite } from 'uvu';
import { equal, instance, is, match, ok } from 'uvu/assert';
import { hostRandom } from '../helpers/random.ts';

const test = suite('inflate');
const random = hostRandom(5);

const text = Buffer.from(Array.from({ length: 3000 }, (_, k) => `${k % 97} ${(k * k) % 1013}`).join(' '));
const noise = Buffer.from(Uint8Array.from({ length: 70_000 }, () => 256 * random.uniform()));
const contents: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.of(7),
  text,
  noise,
  zeros: Buffer.alloc(200_000),
  far: Buffer.concat([text, noise.subarray(0, 20_000), text]), // copies from far back
};

/** The message of the error, or nothing. */
function problem(packed: Uint8Array, length: number, prefix = false): string | undefined {
  try {
    inflate(packed, length, 'x', { prefix });
  } catch (error) {
    instance(error, FileError);
    return (error as Error).message;
  }
  return undefined;
}

for (const [name, bytes] of Object.entries(contents)) {
  test(`${name}: stored, fixed and own codes`, () => {
    for (const level of [0, 1, 6, 9]) {
      for (const strategy of [
        constants.Z_DEFAULT_STRATEGY,
        constants.Z_FIXED,
        constants.Z_HUFFMAN_ONLY,
        constants.Z_RLE,
      ]) {
        const packed = deflateRawSync(bytes, { level, strategy });
        ok(bytes.equals(inflate(packed, bytes.length, 'x')), `level ${level}, strategy ${strategy}`);
      }
    }
  });
}

test('more or less than was claimed is an error, but a prefix may be asked for', () => {
  const packed = deflateRawSync(text);
  match(problem(packed, text.length - 1) ?? '', /^x: unpacks to more than the \d+ bytes it claims/);
  match(problem(packed, text.length + 1) ?? '', /^x: unpacks to \d+ bytes, not to the \d+ it claims/);
  match(problem(packed, text.length + 1, true) ?? '', /not to the \d+ needed/);
  for (const length of [0, 1, 100, text.length - 1, text.length])
    ok(text.subarray(0, length).equals(inflate(packed, length, 'x', { prefix: true })), `${length}`);
  const behind = Buffer.concat([Buffer.from('head'), packed, Buffer.from('tail')]);
  ok(text.equals(inflate(behind, text.length, 'x', { from: 4 })));
});

test('a prefix of a bomb takes memory for the prefix alone', () => {
  const bomb = deflateRawSync(Buffer.alloc(3e7));
  const before = process.memoryUsage().arrayBuffers;
  is(inflate(bomb, 1000, 'x', { prefix: true }).length, 1000);
  match(problem(bomb, 1000) ?? '', /more than the 1000 bytes/);
  ok(process.memoryUsage().arrayBuffers - before < 1e6);
});

test('packed bytes that are cut anywhere are refused', () => {
  for (const [level, bytes] of [
    [9, text.subarray(0, 2000)],
    [0, text.subarray(0, 300)],
  ] as const) {
    const packed = deflateRawSync(bytes, { level });
    for (let length = 0; length < packed.length; length++)
      ok(problem(packed.subarray(0, length), bytes.length), `${length}`);
  }
});

test('packed bytes that are damaged are refused, or unpack as zlib does', () => {
  const bytes = text.subarray(0, 3000);
  const packed = deflateRawSync(bytes);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const damaged = Buffer.from(packed);
    const at = Math.floor(random.uniform() * packed.length);
    damaged[at] = (damaged[at] as number) ^ (1 << Math.floor(random.uniform() * 8));
    let expected: Buffer | undefined;
    try {
      expected = inflateRawSync(damaged);
    } catch {
      refused++;
    }
    if (expected) equal(Buffer.from(inflate(damaged, expected.length, 'x')), expected);
    else ok(problem(damaged, 1e6), `byte ${at}`);
  }
  ok(refused > 50);
});

test.run();
