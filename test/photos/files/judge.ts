/** @file Judges a decoded picture by what its file shows. */
import type { Picture } from '@visage/photos';
import * as assert from 'uvu/assert';
import type { SoundFile } from './sound.ts';

/**
 * Throws unless a picture shows what its file does.
 *
 * @param rounding of the colours of a pixel with an alpha from 1 to 255, beyond the error that the file admits.
 */
export function checkShown(file: SoundFile, found: Picture, rounding = (_alpha: number): number => 0): void {
  const { width, height, shows, within } = file;
  assert.equal([found.width, found.height], [width, height]);
  let [worst, where] = [0, ''];
  let opaque = true;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const expected = shows(x, y);
      const alpha = expected[3];
      opaque &&= alpha === 255;
      const skip = alpha === 0 ? 3 : 0; // nobody sees the colours of what is transparent
      for (let c = skip; c < 4; c++) {
        const got = found.data[4 * (y * width + x) + c] as number;
        const error = Math.abs(got - (expected[c] as number)) - (c < 3 ? rounding(alpha) : 0);
        if (error > worst) [worst, where] = [error, `sample ${c} at ${x}, ${y}`];
      }
    }
  assert.ok(worst <= within, `${where} is off by ${worst}, more than ${within}`);
  assert.is(found.opaque, opaque);
}
