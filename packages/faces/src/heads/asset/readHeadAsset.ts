/** @file Reads the head asset from its two files. */
import { ArgumentError, FileError } from '@visage/gpu';
import type { HeadAsset } from './headAsset.ts';
import { readShapes } from './readShapes.ts';
import { readTextures } from './readTextures.ts';

/** Names of the two files, under `packages/faces/assets`. */
export const headAssetFiles = { shapes: 'heads-shapes.bin', textures: 'heads-textures.bin' } as const;

/**
 * The head asset from the bytes of `heads-shapes.bin` and `heads-textures.bin`; works in browsers.
 *
 * @throws ArgumentError if an argument is not bytes.
 * @throws FileError if a file is damaged; every size is bounded before memory is allocated for it.
 */
export async function readHeadAsset(shapes: Uint8Array, textures: Uint8Array): Promise<HeadAsset> {
  for (const [name, bytes] of Object.entries({ shapes, textures })) {
    if (!(bytes instanceof Uint8Array)) {
      throw new ArgumentError('readHeadAsset', name, typeof bytes, 'a Uint8Array', 'Give the bytes of the whole file');
    }
  }
  const geometry = await readShapes(headAssetFiles.shapes, shapes);
  const layers = await readTextures(headAssetFiles.textures, textures);
  for (const kind of ['hair', 'brows', 'lashes'] as const) {
    const styles = geometry.parts.filter((part) => part.kind === kind).length;
    const count = layers[kind].names.length;
    if (count !== styles) {
      const what = `has ${count} layers of ${kind}, but ${headAssetFiles.shapes} has ${styles} styles`;
      throw new FileError(headAssetFiles.textures, `${what}. Take both files from one version`);
    }
  }
  return { ...geometry, textures: layers };
}
