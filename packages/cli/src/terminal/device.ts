import type { Gpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';

/** Opens the GPU for a command. Dawn's bounds checks are off: they cost speed, and the tests run with them. */
export async function openDevice(): Promise<Gpu> {
  return startGpu({ robustness: false });
}

/** One line that names the adapter, and says so if it computes on the processor. */
export function adapterLine({ adapter }: Gpu): string {
  return adapter.software
    ? `${adapter.name} (software: everything runs on the processor, expect it to be slow)`
    : adapter.name;
}
