import { checkList, type Gpu, GpuBuffer, packBuffers } from '@visage/gpu';
import { checkExtents, type Shape, sizeOf } from './shape.ts';
import { checkDType, checkGpu, Tensor } from './tensor.ts';

/**
 * Moves f32 tensors side by side in memory, as far as they are not in such a place already, so that one launch can change or cast them all.
 *
 * Everybody who holds one of them sees the same values as before; the memory goes back when all are disposed.
 */
export function packTensors(tensors: readonly Tensor[]): void {
  checkList('packTensors', 'tensors', tensors, 'tensors');
  for (const x of tensors) checkDType('packTensors', 'tensors', x, 'f32');
  if (tensors[0])
    packBuffers(
      tensors[0].gpu,
      tensors.map(({ buffer }) => buffer),
    );
}

/** Makes f32 tensors of zeros side by side in memory; each lives until it is disposed. */
export function packedZeros(shapes: readonly Shape[], gpu: Gpu): Tensor[] {
  checkGpu('packedZeros', gpu);
  checkList('packedZeros', 'shapes', shapes, 'shapes');
  for (const shape of shapes) checkExtents('packedZeros', shape);
  const made = shapes.map((shape) => new Tensor(gpu, new GpuBuffer(4 * sizeOf(shape)), shape));
  packTensors(made);
  return made;
}
