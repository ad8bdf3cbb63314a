/** @file The pictures that a command reads. */
import type { NamedPicture, Picture } from '@visage/photos';
import { readPicture } from '@visage/photos/node';

/** Reads pictures; each file once, whatever number of times it is named. */
export async function readPictures(paths: readonly string[]): Promise<ReadonlyMap<string, Picture>> {
  const pictures = new Map<string, Picture>();
  for (const path of paths) if (!pictures.has(path)) pictures.set(path, await readPicture(path));
  return pictures;
}

/** A picture that was read, with its path as its name. */
export const named = (pictures: ReadonlyMap<string, Picture>, name: string): NamedPicture => ({
  name,
  picture: pictures.get(name) as Picture,
});
