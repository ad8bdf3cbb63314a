import { processorsNamed } from './deviceProfile.ts';

/** What is known of the adapter of a device. */
export interface AdapterDescription {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** True for llvmpipe, SwiftShader and other adapters that compute on the CPU. */
  readonly software: boolean;
  /** Can the subgroups of the device multiply 16 x 16 matrices of f16 with f32 accumulators? */
  readonly matrices: boolean;
  /** How many processors the adapter has, if its name is known; see {@link Gpu.profile}. */
  readonly processors?: number;
}

/** Describes an adapter. Software adapters are recognised by WebGPU's flag `isFallbackAdapter`, or by their names. */
export function describeAdapter(adapter: GPUAdapter): Omit<AdapterDescription, 'matrices'> {
  const { vendor, architecture, device, description } = adapter.info;
  const text = `${vendor} ${architecture} ${device} ${description}`;
  const fallback = (adapter.info as GPUAdapterInfo & { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
  return {
    name: description || device || `${vendor} ${architecture}`.trim() || 'unnamed adapter',
    vendor,
    architecture,
    software: fallback || /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(text),
    processors: processorsNamed(device) ?? processorsNamed(description),
  };
}
