import type { Gpu } from '@visage/gpu';

/**
 * What costs the host microseconds to make and the device memory to hold. Encoders are not among them: WebGPU wants a
 * new one for each submission.
 */
const MAKERS = [
  'createBuffer',
  'createBindGroup',
  'createBindGroupLayout',
  'createPipelineLayout',
  'createShaderModule',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createQuerySet',
  'createTexture',
  'createSampler',
] as const satisfies readonly (keyof GPUDevice)[];

type Creations = Partial<Record<(typeof MAKERS)[number], number>>;

/**
 * Runs `fn` and counts the objects that it makes the device create, by the method that makes them; methods that were
 * not called are left out.
 */
export function creationsOf({ device }: Gpu, fn: () => unknown): Creations {
  const counts: Creations = {};
  for (const name of MAKERS) {
    const make: (...given: readonly unknown[]) => unknown = device[name].bind(device) as never;
    const counting = (...given: readonly unknown[]) => {
      counts[name] = (counts[name] ?? 0) + 1;
      return make(...given);
    };
    Object.defineProperty(device, name, { value: counting, configurable: true }); // hides the method of the prototype
  }
  try {
    fn();
  } finally {
    for (const name of MAKERS) Reflect.deleteProperty(device, name);
  }
  return counts;
}
