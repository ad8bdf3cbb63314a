import { loadHeadAsset } from '@visage/faces/node';
import { currentGpu } from '@visage/gpu';
import { Heads } from '../../packages/faces/src/heads/drawing/heads.ts';

const asset = await loadHeadAsset();

/** Launches the kernels of mesh heads: people, shapes, pictures, masks and labels. */
export function launchHeads(): void {
  const heads = new Heads(asset, currentGpu());
  const batch = { identities: Uint32Array.of(1, 2), attributes: Uint32Array.of(3, 4), level: 'M3' as const };
  heads.pictures(batch, 32, 1);
  heads.masks(batch, 32);
  heads.labels(batch, 32);
  heads.dispose();
}
