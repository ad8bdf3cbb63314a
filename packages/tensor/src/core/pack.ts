import { checkList, type Gpu, GpuBuffer, layTogether } from '@visage/gpu';
import { checkExtents, type Shape, sizeOf } from './shape.ts';
import { checkDType, checkGpu, Tensor } from './tensor.ts';

/**
 * Moves f32 tensors side by side in memory, as far as they are not in such a place already, so that one launch can change or cast them all.
 *
 * Everybody who holds one of them sees the same values as before; the memory goes back when all are disposed.
 */
export function moveTogether(tensors: readonly Tensor[]): void {
  checkList('moveTogether', 'tensors', tensors, 'tensors');
  for (const x of tensors) checkDType('moveTogether', 'tensors', x, 'f32');
  if (tensors[0])
    layTogether(
      tensors[0].gpu,
      tensors.map(({ buffer }) => buffer),
    );
}

/** Makes f32 tensors of zeros side by side in memory; each lives until it is disposed. */
export function zerosTogether(shapes: readonly Shape[], gpu: Gpu): Tensor[] {
  checkGpu('zerosTogether', gpu);
  checkList('zerosTogether', 'shapes', shapes, 'shapes');
  for (const shape of shapes) checkExtents('zerosTogether', shape);
  const made = shapes.map((shape) => new Tensor(gpu, new GpuBuffer(4 * sizeOf(shape)), shape));
  moveTogether(made);
  return made;
}
