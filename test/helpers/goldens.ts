/** @file Golden cases for tests of the engine: a bare safetensors reader, so that these tests need nothing above the tensor package. */
import { readFileSync } from 'node:fs';

export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly in: readonly string[];
  readonly param: readonly string[];
  readonly out: readonly string[];
  readonly grad: readonly string[];
}

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/** The cases of a golden file and its tensors by `<case>/<tensor>`. */
export function readGoldens(path: string): { cases: GoldenCase[]; tensors: Map<string, GoldenTensor> } {
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    const [start, end] = entry.data_offsets;
    const copy = new Uint8Array(bytes.subarray(8 + headerLength + start, 8 + headerLength + end)).buffer;
    tensors.set(name, {
      shape: entry.shape,
      values: entry.dtype === 'I32' ? new Int32Array(copy) : new Float32Array(copy),
    });
  }
  return { cases: JSON.parse(__metadata__.cases), tensors };
}

/** |ours − reference| / max(|reference|, floor), Frobenius norms. */
export function relativeError(ours: Float32Array, reference: ArrayLike<number>, floor = 0): number {
  let [difference, size] = [0, 0];
  ours.forEach((value, k) => {
    const expected = reference[k] as number;
    difference += (value - expected) ** 2;
    size += expected ** 2;
  });
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), floor, 1e-30);
}
