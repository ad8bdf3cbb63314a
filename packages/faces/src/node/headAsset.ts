/** @file Loads the head asset that ships with this package. */
import { readFile } from 'node:fs/promises';
import { FileError } from '@visage/gpu';
import type { HeadAsset } from '../heads/asset/headAsset.ts';
import { headAssetFiles, readHeadAsset } from '../heads/asset/readHeadAsset.ts';

/** The bytes of a file in the package's folder `assets`. */
async function assetBytes(name: string): Promise<Uint8Array> {
  const url = new URL(`../../assets/${name}`, import.meta.url);
  try {
    return await readFile(url);
  } catch (cause) {
    const { message } = cause as Error;
    throw new FileError(name, `is missing in @visage/faces (${message}). Install the package again`);
  }
}

/**
 * The head asset: mesh, targets, styles and textures of the heads of level M0 to M3.
 *
 * @throws FileError if one of its two files is missing or damaged.
 */
export async function loadHeadAsset(): Promise<HeadAsset> {
  return readHeadAsset(await assetBytes(headAssetFiles.shapes), await assetBytes(headAssetFiles.textures));
}
