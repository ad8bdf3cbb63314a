import type { Gpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';

/**
 * Opens the GPU for a command. Dawn's bounds checks are off because they cost speed; the tests run with them.
 *
 * @throws VisageError if no device can be opened.
 */
export async function openDevice(): Promise<Gpu> {
  return startGpu({ robustness: false });
}
