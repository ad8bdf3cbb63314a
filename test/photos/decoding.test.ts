/** Faces decoded by worker threads: the bits of sharp, whatever decodes them; damaged files harm no others. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FacePool } from '@visage/photos/node';
import sharp, { type Sharp } from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JpegTurbo, plainJpeg } from '../../packages/photos/src/node/decoding/jpegTurbo.mjs';
import { errorOf } from '../helpers/mistakes.ts';
import { hostRandom } from '../helpers/random.ts';

const test = suite('decoded faces');
const folder = mkdtempSync(join(tmpdir(), 'visage-decoding-'));
const pool = new FacePool({ workers: 2 });
test.after(async () => {
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

const decoder = new JpegTurbo();

/** A smooth picture with an edge and some noise. */
function made(width: number, height = width): Sharp {
  const noise = hostRandom(width + height).normals(3 * width * height, 6);
  const data = Uint8Array.from(noise, (value, k) => {
    const [x, y] = [Math.floor(k / 3) % width, Math.floor(k / 3 / width)];
    const colour = 110 + 60 * Math.sin((x * (1 + (k % 3))) / 23) + (x + y > width ? 50 : 0) + value;
    return Math.max(0, Math.min(255, colour));
  });
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function bySharp(file: Buffer, size: number, kernel: 'linear' | 'lanczos3' = 'linear'): Promise<Uint8Array> {
  const options = { fit: 'inside', kernel, fastShrinkOnLoad: false } as const;
  const shown = sharp(file, { autoOrient: true }).resize(size, size, options).removeAlpha().toColourspace('srgb');
  return new Uint8Array(await shown.raw().toBuffer());
}

async function byPool(file: Buffer, size: number, name = 'face'): Promise<Uint8Array> {
  const path = join(folder, name);
  writeFileSync(path, file);
  return pool.decode({ name, file: path }, size);
}

/** Mean square difference as decibels. */
function psnr(a: Uint8Array, b: Uint8Array): number {
  const sum = a.reduce((total, value, k) => total + (value - (b[k] as number)) ** 2, 0);
  return 10 * Math.log10(255 ** 2 / (sum / a.length));
}

const plain: Readonly<Record<string, Promise<Buffer>>> = {
  'colours in full resolution': made(120).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
  'colours in half resolution': made(97).jpeg({ quality: 80, chromaSubsampling: '4:2:0' }).toBuffer(),
  progressive: made(64).jpeg({ progressive: true, quality: 60 }).toBuffer(),
  'one pixel': made(1).jpeg().toBuffer(),
};

for (const [name, file] of Object.entries(plain))
  test(`${name}: libjpeg-turbo gives the bits of sharp`, async () => {
    const { width: size } = plainJpeg(await file) as { width: number };
    const expected = await bySharp(await file, size);
    assert.equal(decoder.decode(await file, size), expected);
    assert.equal(await byPool(await file, size), expected);
  });

const others: Readonly<Record<string, Promise<Buffer>>> = {
  'turned by EXIF': made(48).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  'with a profile': made(48).withIccProfile('p3').jpeg().toBuffer(),
  grey: made(48).greyscale().toColourspace('b-w').jpeg().toBuffer(),
  'four inks': made(48).toColourspace('cmyk').jpeg().toBuffer(),
  PNG: made(48).png().toBuffer(),
  WebP: made(48).webp().toBuffer(),
};

for (const [name, file] of Object.entries(others))
  test(`${name}: left to sharp`, async () => {
    assert.is(decoder.decode(await file, 48), undefined);
    assert.equal(await byPool(await file, 48), await bySharp(await file, 48));
  });

test('the cosine transform shrinks by eighths, nearer to a good low pass than a triangle filter', async () => {
  for (const [side, size] of [
    [256, 224],
    [128, 96],
  ] as const) {
    const file = await made(side).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
    const shrunk = decoder.decode(file, size) as Uint8Array;
    assert.equal(await byPool(file, size), shrunk);
    const good = await bySharp(file, size, 'lanczos3');
    const [ours, triangle] = [psnr(shrunk, good), psnr(await bySharp(file, size), good)];
    assert.ok(ours > triangle && ours > 30, `${side} to ${size}: ${ours.toFixed(1)} and ${triangle.toFixed(1)} dB`);
  }
});

test('other sizes are resampled by sharp', async () => {
  const file = await made(100).jpeg().toBuffer();
  assert.is(decoder.decode(file, 90), undefined);
  assert.equal(await byPool(file, 90), await bySharp(file, 90));
});

test('damaged files are refused by name, and those after them are whole', async () => {
  const file = await made(64).jpeg({ quality: 90 }).toBuffer();
  const good = await bySharp(file, 64);
  const cut = file.subarray(0, file.length / 2);
  const noTables = Buffer.from(file);
  noTables.fill(0xff, 4, 160);
  for (const [name, damaged] of Object.entries({ cut, noTables, empty: Buffer.alloc(0), text: Buffer.from('none') })) {
    assert.is(decoder.decode(damaged, 64), undefined, name);
    assert.match((await errorOf(() => byPool(damaged, 64, name)))?.message ?? '', new RegExp(`${name}: cannot`));
    assert.equal(decoder.decode(file, 64), good);
    assert.equal(await byPool(file, 64), good);
  }
  for (let seed = 1; seed <= 200; seed++) {
    const hostile = Buffer.from(file);
    const random = hostRandom(seed).normals(16, 1e4);
    for (let k = 0; k < 8; k++)
      hostile[2 + (Math.abs(Math.round(random[k] as number)) % (hostile.length - 2))] = (random[8 + k] as number) & 255;
    const decoded = decoder.decode(hostile, 64);
    assert.ok(decoded === undefined || decoded.length === 3 * 64 ** 2);
  }
  assert.equal(decoder.decode(file, 64), good);
});

test('a face that is not square is refused', async () => {
  const file = await made(40, 30).jpeg().toBuffer();
  assert.match((await errorOf(() => byPool(file, 40, 'wide')))?.message ?? '', /wide: is 40 x 30; .*square/);
});

test.run();
