import { checkList, type Gpu, GpuBuffer, layTogether } from '@visage/gpu';
import { checkExtents, type Shape, sizeOf } from './shape.ts';
import { checkDType, checkGpu, Tensor } from './tensor.ts';

/**
 * Packs f32 tensors into one buffer, unless they are packed already, so that one launch can change or cast them all.
 *
 * The tensors keep their values. The memory is freed when all of them are disposed.
 *
 * @throws ArgumentError unless all are tensors of f32.
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

/**
 * Makes f32 tensors of zeros that are packed into one buffer; each lives until it is disposed.
 *
 * @throws ArgumentError for what is no device or no shape.
 */
export function zerosTogether(shapes: readonly Shape[], gpu: Gpu): Tensor[] {
  checkGpu('zerosTogether', gpu);
  checkList('zerosTogether', 'shapes', shapes, 'shapes');
  for (const shape of shapes) checkExtents('zerosTogether', shape);
  const made = shapes.map((shape) => new Tensor(gpu, new GpuBuffer(4 * sizeOf(shape)), shape));
  moveTogether(made);
  return made;
}
