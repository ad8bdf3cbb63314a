import type { Gpu } from '@visage/gpu';
import { type NodeGpuOptions, startGpu } from '@visage/gpu/node';

/**
 * Opens the GPU for a command. Dawn's bounds checks are off because they cost speed; the tests run with them.
 *
 * @param options what this command needs otherwise.
 * @throws VisageError if no device can be opened.
 */
export async function openDevice(options: Pick<NodeGpuOptions, 'polling'> = {}): Promise<Gpu> {
  return startGpu({ robustness: false, ...options });
}
