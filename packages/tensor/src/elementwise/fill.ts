import { type Gpu, linearGrid } from '@visage/gpu';
import { pointwiseMap } from '@visage/kernels';
import { functionsFor, V } from '../core/map.ts';
import { WORKGROUP } from '../core/passes.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { enablesOf, type FloatType, paddingOf, registerAliases } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';

/** Makes a constant tensor on the device: the map kernel without inputs. */
export function fill(gpu: Gpu, shape: Shape, value: number, dtype: FloatType = 'f32'): Tensor {
  const out = empty(gpu, shape, dtype);
  const number = value === 0 && !Object.is(value, -0) ? 'V(0.0)' : V(value); // no arithmetic is done with it that a compiler could shorten
  gpu.dispatch({
    program: {
      name: 'pointwise/fill',
      enables: enablesOf(dtype),
      aliases: { ...registerAliases(1), S: dtype },
      constants: { WG: WORKGROUP, VECTORS_PER_THREAD: 1, PADDING: paddingOf(out) },
      parts: [functionsFor(number), `fn map(i : u32) -> V { return ${number}; }`, pointwiseMap],
    },
    buffers: [out.buffer],
    grid: linearGrid(Math.ceil(sizeOf(shape) / WORKGROUP)),
  });
  return out;
}
