/** @file Loads the head asset that ships with this package. */
import { readFile } from 'node:fs/promises';
import { FileError, type Gpu } from '@visage/gpu';
import type { HeadAsset } from '../heads/asset/headAsset.ts';
import { headAssetFiles, readHeadAsset } from '../heads/asset/readHeadAsset.ts';
import { useHeads } from '../heads/drawing/heads.ts';

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
 * The head asset: mesh, targets, styles and textures of the heads of level M0 to M4.
 *
 * @throws FileError if one of its two files is missing or damaged.
 */
export async function loadHeadAsset(): Promise<HeadAsset> {
  return readHeadAsset(await assetBytes(headAssetFiles.shapes), await assetBytes(headAssetFiles.textures));
}

let loading: Promise<HeadAsset> | undefined;

/**
 * Loads the heads that ship with this package, so that levels M0 to M4 can be rendered. The files are read once.
 *
 * @param gpu default: the current device.
 * @throws FileError if a file is missing or damaged.
 */
export async function loadHeads(gpu?: Gpu): Promise<void> {
  loading ??= loadHeadAsset();
  useHeads(await loading, gpu);
}
