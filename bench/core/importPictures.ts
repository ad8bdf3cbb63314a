/** @file Pictures for the benchmark of imports: photographs with faces, each altered so that no two files are equal. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Face, FaceSource, GpuPicture, Picture } from '@visage/photos';
import sharp from 'sharp';

const require = createRequire(import.meta.url);
const SAMPLES = 6; // photographs of @vladmandic/face-api with 22 faces
const WIDTH = 640;
const PER_PERSON = 50;
const AT_ONCE = 8;

/** The width tells which photograph a picture was made of. */
const widthOf = (sample: number): number => WIDTH + 2 * sample;

/** A photograph without alterations. */
const sampleOf = (sample: number): string => {
  const folder = dirname(dirname(require.resolve('@vladmandic/face-api')));
  return join(folder, 'demo', `sample${sample + 1}.jpg`);
};

/** Writes pictures 0 to `count` − 1 that are not there yet, 50 in a folder. */
export async function writeImportPictures(folder: string, count: number): Promise<void> {
  const bases = await Promise.all(
    Array.from({ length: SAMPLES }, (_, k) => sharp(sampleOf(k)).resize(widthOf(k)).png().toBuffer()),
  );
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - from) }, async (_, n) => {
        const k = from + n;
        const person = join(folder, `person-${String(Math.floor(k / PER_PERSON)).padStart(5, '0')}`);
        const path = join(person, `${String(k).padStart(7, '0')}.jpg`);
        if (existsSync(path)) return;
        await mkdir(person, { recursive: true });
        const [gain, offset] = [0.7 + 0.6 * ((k * 0.618) % 1), ((k * 37) % 41) - 20];
        const altered = sharp(bases[k % SAMPLES]).linear(gain, offset);
        await writeFile(path, await altered.jpeg({ quality: 85 + (k % 10) }).toBuffer());
      }),
    );
}

/**
 * Asks a finder once for each photograph and answers from memory afterwards: what is measured then is everything but
 * the networks.
 */
export class RememberedFaces implements FaceSource {
  readonly #faces = new Map<number, readonly Face[]>();
  readonly #descriptors = new Map<number, readonly Float32Array[]>();
  readonly #finder: FaceSource;

  constructor(finder: FaceSource) {
    this.#finder = finder;
  }

  get batch(): number {
    return this.#finder.batch;
  }

  /** Looks at each photograph. */
  async prepare(decode: (file: string, width: number) => Promise<Picture>): Promise<void> {
    const pictures = await Promise.all(Array.from({ length: SAMPLES }, (_, k) => decode(sampleOf(k), widthOf(k))));
    const faces = await this.#finder.findAll(pictures, { smallest: 70 });
    const descriptors = await this.#finder.describeAll(pictures, faces);
    for (const [k, { width }] of pictures.entries()) {
      this.#faces.set(width, faces[k] ?? []);
      this.#descriptors.set(width, descriptors[k] ?? []);
    }
  }

  async findAll(pictures: readonly (Picture | GpuPicture)[]): Promise<(readonly Face[])[]> {
    return pictures.map(({ width }) => this.#faces.get(width) ?? []);
  }

  async describeAll(pictures: readonly (Picture | GpuPicture)[]): Promise<(readonly Float32Array[])[]> {
    return pictures.map(({ width }) => this.#descriptors.get(width) ?? []);
  }
}
