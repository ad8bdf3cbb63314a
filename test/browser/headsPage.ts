/** @file What runs inside the browser: mesh heads, of an asset whose two files are served beside the page. */
import {
  type FaceBatch,
  headAssetFiles,
  readHeadAsset,
  renderFaces,
  renderMasks,
  renderMaterials,
  useHeads,
} from '@visage/faces';
import { openGpu, useGpu } from '@visage/gpu';
import type { Tensor } from '@visage/tensor';

/** The faces that page and test draw: the same two people seen twice, and two others in their place. */
export const shown: FaceBatch = {
  identities: Uint32Array.of(11, 12),
  attributes: Uint32Array.of(11, 12),
  size: 64,
  level: 'M1',
};
export const swapped: FaceBatch = { ...shown, identities: Uint32Array.of(40, 41) };

async function values(x: Tensor): Promise<number[]> {
  const floats = [...(await x.floats())];
  x.dispose();
  return floats;
}

/** Pictures, masks and classes of {@link shown}, and the pictures of {@link swapped}. */
export async function drawHeads() {
  return {
    pictures: await values(renderFaces(shown)),
    swaps: await values(renderFaces(swapped)),
    masks: await values(renderMasks(shown)),
    materials: await values(renderMaterials(shown)),
  };
}

async function bytesOf(name: string): Promise<Uint8Array> {
  const response = await fetch(`/heads/${name}`);
  if (!response.ok) throw new Error(`/heads/${name}: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Opens the device with WebGPU's default limits, loads the heads as a page does, and draws. */
async function draw() {
  useGpu(await openGpu(navigator.gpu, { profile: 'browser' }));
  useHeads(await readHeadAsset(await bytesOf(headAssetFiles.shapes), await bytesOf(headAssetFiles.textures)));
  return drawHeads();
}

const checks = { draw };

declare global {
  var visageHeads: typeof checks;
}
globalThis.visageHeads = checks;
