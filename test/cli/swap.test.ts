import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram } from '@visage/cli';
import { image, renderFaces } from '@visage/faces';
import { pngTexts, readPng, writePng } from '@visage/faces/node';
import { drawLabel, SOURCE_TYPE } from '@visage/photos';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { tinyTrainer } from '../helpers/tinySwapper.ts';

const { test } = await gpuSuite('swap');
const folder = mkdtempSync(join(tmpdir(), 'visage-swap-'));
const at = (name: string) => join(folder, name);
const SIZE = 48;

/** Runs the command in this process; a mistake comes back as an exception. */
const visage = (...parameters: string[]) => createProgram().exitOverride().parseAsync(parameters, { from: 'user' });

/** The error that a command ends with. */
const failureOf = async (...parameters: string[]): Promise<string> => {
  try {
    await visage(...parameters);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

const swapping = (changes: Readonly<Record<string, string>> = {}) => {
  const given = {
    checkpoint: at('c.safetensors'),
    source: at('a.png'),
    target: at('b.png'),
    out: at('out.png'),
    ...changes,
  };
  return ['swap', '--aligned', ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, value])];
};

test.before(async () => {
  writeFileSync(at('c.safetensors'), await tinyTrainer().checkpoint());
  for (const [k, name] of ['a.png', 'b.png'].entries()) {
    const faces = renderFaces({ identities: Uint32Array.of(k), attributes: Uint32Array.of(k), size: SIZE });
    await writePng(at(name), image(SIZE, SIZE, await faces.floats()));
  }
});

test('a swap is a PNG of the training size with the XMP mark of a synthetic picture', async () => {
  await visage(...swapping());
  const bytes = readFileSync(at('out.png'));
  assert.match(pngTexts(bytes, 'out.png')['XML:com.adobe.xmp'] as string, SOURCE_TYPE);
  const { width, height } = await readPng(at('out.png'));
  assert.equal([width, height], [SIZE, SIZE]);
});

test('the label is drawn unless it is turned off; the mark stays', async () => {
  await visage(...swapping({ out: at('labelled.png') }));
  await visage(...swapping({ out: at('bare.png') }), '--no-label');
  const [labelled, bare] = [await readPng(at('labelled.png')), await readPng(at('bare.png'))];
  const differs = labelled.data.map((value, k) => Number(value !== bare.data[k]));
  const rows = Array.from({ length: SIZE }, (_, y) => differs.slice(y * SIZE * 3, (y + 1) * SIZE * 3).some(Boolean));
  assert.ok(rows.slice(-8).some(Boolean), 'nothing was drawn into the lower rows');
  assert.not(rows.slice(0, SIZE - 8).some(Boolean), 'something was drawn outside of the label');
  assert.match(pngTexts(readFileSync(at('bare.png')), 'bare.png')['XML:com.adobe.xmp'] as string, SOURCE_TYPE);
});

test('the label is white on dark in the lower right corner, whatever the picture', () => {
  for (const [width, value] of [
    [48, 1],
    [224, 0],
    [1024, 0.5],
  ] as const) {
    const picture = image(width, width, new Float32Array(width * width * 3).fill(value));
    drawLabel(picture);
    const corner = picture.data.slice(-3);
    assert.ok(corner.every((c) => c <= 0.31));
    assert.ok(picture.data.subarray(-width * 80 * 3).includes(1));
    assert.is(picture.data[0], value);
  }
});

test('hostile and wrong files are named in one line, and nothing is written', async () => {
  const checkpoint = readFileSync(at('c.safetensors'));
  writeFileSync(at('cut.safetensors'), checkpoint.subarray(0, checkpoint.length - 100));
  writeFileSync(at('text.png'), 'not a picture');
  writeFileSync(at('cut.png'), readFileSync(at('a.png')).subarray(0, 60));
  await writePng(at('wide.png'), image(64, 32));
  const out = at('never.png');
  const wrong: [Record<string, string>, RegExp][] = [
    [{ checkpoint: at('cut.safetensors') }, /cut\.safetensors: .*truncated/],
    [{ checkpoint: at('a.png') }, /a\.png: /],
    [{ checkpoint: 'test/golden/optim.safetensors' }, /is no SimSwap checkpoint/],
    [{ source: at('missing.png') }, /missing\.png: no such file/],
    [{ source: at('text.png') }, /text\.png: is a text, not a picture/],
    [{ target: at('cut.png') }, /cut\.png: /],
    [{ target: at('wide.png') }, /wide\.png: is 64 x 32; an aligned face is square/],
    [{ target: folder }, /is not a file/],
  ];
  for (const [changes, says] of wrong) {
    const message = await failureOf(...swapping({ ...changes, out }));
    assert.match(message, says);
    assert.not.match(message, '\n');
  }
  assert.throws(() => readFileSync(out), /ENOENT/);
});

/** A copy of the checkpoint with a change in the text of its header. */
function forged(name: string, from: string, to: string): string {
  const bytes = readFileSync(at('c.safetensors'));
  const data = 8 + bytes.readUInt32LE(0);
  const header = bytes.toString('latin1', 8, data);
  assert.ok(header.includes(from));
  const text = header.replace(from, to).trimEnd();
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8), 'latin1');
  const length = Buffer.alloc(8);
  length.writeUInt32LE(padded.length);
  writeFileSync(at(name), Buffer.concat([length, padded, bytes.subarray(data)]));
  return at(name);
}

test('a checkpoint whose header asks for the moon is refused before anything is allocated', async () => {
  const endless = forged('endless.safetensors', '\\"blocks\\":1,', '\\"blocks\\":9999999,');
  assert.match(await failureOf(...swapping({ checkpoint: endless })), /blocks is 9999999, expected/);
  const wide = forged('wide.safetensors', '\\"width\\":0.0625,\\"blocks\\":1,', '\\"width\\":4,\\"blocks\\":64,');
  const before = process.memoryUsage().arrayBuffers;
  assert.match(await failureOf(...swapping({ checkpoint: wide })), /wide\.safetensors: names larger networks than the/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 26);
});

test.run();
