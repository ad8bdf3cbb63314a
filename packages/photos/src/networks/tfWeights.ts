/**
 * @file Weights in the files of TensorFlow.js: a manifest in JSON, and the bytes of all tensors one after the other.
 */
import { VisageError } from '@visage/gpu';
import { floatsFromHalf } from '@visage/tensor/kernels';

/** A tensor of a weight file, on the host; whole numbers (shapes, paddings) are floats as well. */
export interface TfWeight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** An entry of a manifest. */
interface ManifestEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly quantization?: { readonly dtype: 'uint8' | 'float16'; readonly scale?: number; readonly min?: number };
}

const BYTES = { float32: 4, int32: 4, uint8: 1, float16: 2 } as const;

/**
 * Reads the tensors of a file by name. 8-bit weights are q · scale + min, rounded to f32 after each operation.
 *
 * @param manifest the groups of a `weightsManifest`, whose hash was checked.
 * @throws VisageError if the bytes are not those of the manifest.
 */
export function readTfWeights(manifest: unknown, bytes: Uint8Array): Map<string, TfWeight> {
  const entries = (manifest as { readonly weights: readonly ManifestEntry[] }[]).flatMap(({ weights }) => weights);
  const described = entries.reduce((sum, entry) => sum + lengthOf(entry), 0);
  if (described !== bytes.length)
    throw new VisageError(`a weight file holds ${bytes.length} bytes, its manifest describes ${described}`);
  const weights = new Map<string, TfWeight>();
  let at = 0;
  for (const entry of entries) {
    const end = at + lengthOf(entry);
    // A copy of its own begins at a multiple of four; slice() of Node's Buffer would be a view.
    const own = new Uint8Array(bytes.subarray(at, end));
    weights.set(entry.name, { shape: entry.shape, values: valuesOf(entry, own) });
    at = end;
  }
  return weights;
}

/** Bytes of a tensor in the file. */
const lengthOf = ({ shape, dtype, quantization }: ManifestEntry): number =>
  shape.reduce((size, extent) => size * extent, BYTES[quantization?.dtype ?? dtype]);

function valuesOf({ dtype, quantization }: ManifestEntry, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  if (quantization?.dtype === 'uint8') {
    const [scale, min] = [Math.fround(quantization.scale as number), Math.fround(quantization.min as number)];
    return Float32Array.from(bytes, (q) => Math.fround(Math.fround(q * scale) + min));
  }
  if (quantization?.dtype === 'float16') return floatsFromHalf(new Uint16Array(bytes.buffer));
  return dtype === 'float32' ? new Float32Array(bytes.buffer) : Float32Array.from(new Int32Array(bytes.buffer));
}

/** Parses the JSON of a manifest or graph. */
export const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
