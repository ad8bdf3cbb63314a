import { processorsNamed } from './deviceProfile.ts';

/** What is known of the adapter behind a device. */
export interface AdapterDescription {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** True for llvmpipe, SwiftShader and other adapters that compute on the CPU. */
  readonly software: boolean;
  /** Its subgroups multiply 16 x 16 matrices of halves into f32 sums, and the device was given what that needs. */
  readonly matrices: boolean;
  /** How many processors it has, where its name tells; see {@link Gpu.profile}. */
  readonly processors?: number;
}

/** Names the adapter. Software adapters are recognised by the flag or by the names of the known ones. */
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
