/** @file Runs ONNX files, and gives both sides the same pictures. */

import { hashed } from '@visage/conformance';
import { noGrad, scope, type Tensor } from '@visage/tensor';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { hashedTensor } from './hashed.ts';

/** What `compute` gives, on the host, without a graph. */
export async function floats(compute: () => Tensor): Promise<Float32Array> {
  const result = scope(() => noGrad(compute));
  const values = await result.floats();
  result.dispose();
  return values;
}

/** An image batch of a test, as ONNX takes it and as our networks do. */
export const image = (seed: number, count: number, side: number) => ({
  nchw: new OnnxTensor('float32', hashed(seed, count * 3 * side * side), [count, 3, side, side]),
  ours: hashedTensor(seed, [count, 3, side, side]),
});

/** Runs an ONNX file. */
export async function runOnnx(bytes: Uint8Array, inputs: Record<string, OnnxTensor>) {
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return session.run(inputs);
}
