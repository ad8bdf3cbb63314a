/** @file Photographs that come with the package of the detector's weights, and parts of them. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';

/** The folder with sample1.jpg and sample2.jpg: three people each, of whom none is in both. */
export const demo = join(dirname(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api'))), 'demo');

/** Writes the rows of a photograph with the heads. A picture twice as wide as high has four tiles, others have more. */
export async function writeHeads(name: 'sample1.jpg' | 'sample2.jpg', path: string): Promise<void> {
  const top = name === 'sample1.jpg' ? 170 : 150;
  const height = name === 'sample1.jpg' ? 510 : 450;
  await sharp(join(demo, name)).extract({ left: 0, top, width: 1920, height }).png().toFile(path);
}
