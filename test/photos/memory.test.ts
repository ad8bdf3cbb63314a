/** @file Pictures of 25 million pixels are read and written within a bound on resident memory. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('photos: memory of large pictures');
const folder = mkdtempSync(join(tmpdir(), 'visage-large-'));
const at = (name: string): string => join(folder, name);
const program = fileURLToPath(new URL('./readAndWrite.ts', import.meta.url));
test.after(() => rmSync(folder, { recursive: true }));

const SIDE = 5000;
const SPARE = 60e6; // bytes that do not grow with the picture: caches of libvips, libraries, garbage not yet collected

const scene = (): Sharp => sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: '#4a7' } });

/** Bytes a pixel that reading may take at most, of which 4 are the picture; and reading and writing as JPEG. */
const kinds: readonly (readonly [name: string, make: (image: Sharp) => Sharp, read: number, written: number])[] = [
  ['plain.jpg', (image) => image.jpeg(), 5, 6],
  ['turned.jpg', (image) => image.withMetadata({ orientation: 6 }).jpeg(), 9, 9],
  ['progressive.jpg', (image) => image.jpeg({ progressive: true }), 10, 10],
];

for (const [name, make, mostRead, mostWritten] of kinds) {
  test(name, async () => {
    await make(scene()).toFile(at(name));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', './scripts/register.mjs', program, at(name), at('out.jpg')],
      { encoding: 'utf8', timeout: 120_000 },
    );
    assert.match(stdout, /^\{/, stderr);
    const { pixels, read, written } = JSON.parse(stdout);
    assert.is(pixels, SIDE * SIDE);
    assert.ok(read >= 4 * pixels, `the picture itself takes ${4 * pixels} bytes, measured were ${read}`);
    assert.ok(read <= mostRead * pixels + SPARE, `reading took ${(read / pixels).toFixed(1)} bytes a pixel`);
    assert.ok(written <= mostWritten * pixels + SPARE, `with writing ${(written / pixels).toFixed(1)} bytes a pixel`);
  });
}

test.run();
