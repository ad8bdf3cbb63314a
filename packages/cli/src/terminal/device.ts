import type { Gpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';

/** Opens the GPU for a command. Dawn's bounds checks are off: they cost speed, and the tests run with them. */
export async function openDevice(): Promise<Gpu> {
  return startGpu({ robustness: false });
}
