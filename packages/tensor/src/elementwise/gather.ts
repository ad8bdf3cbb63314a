/** @file Copies through an index function: what rearranges elements without computing. */
import { linearGrid } from '@visage/gpu';
import { shapeGather } from '@visage/kernels';
import { WORKGROUP } from '../core/passes.ts';
import { type Shape, stridesOf } from '../core/shape.ts';
import { enablesOf } from '../core/storage.ts';
import { checkDType, empty, type Tensor } from '../core/tensor.ts';

/**
 * Copies x through an index function, WGSL over `i` that returns the source index or OUTSIDE (filled with 0). No
 * gradient.
 *
 * `helpers` are WGSL functions that the index function calls.
 */
export function gather(name: string, x: Tensor, shape: Shape, source: string, helpers = ''): Tensor {
  checkDType(name, 'x', x, 'f32', 'f16', 'i32', 'u32');
  const out = empty(x.gpu, shape, x.dtype);
  x.gpu.dispatch({
    program: {
      name: `shape/${name}`,
      enables: enablesOf(x.dtype),
      aliases: { T: x.dtype },
      constants: { WG: WORKGROUP, SIZE: out.size, OUTSIDE: 0xffffffff },
      parts: [`${helpers}\nconst FILL = T(0);\nfn source(i : u32) -> u32 {\n  ${source}\n}`, shapeGather],
    },
    buffers: [out.buffer, x.buffer],
    grid: linearGrid(Math.ceil(out.size / WORKGROUP)),
  });
  return out;
}

/** WGSL: the dot product of the coordinates of element `i` of `shape` with `strides`. */
export function indexSum(shape: Shape, strides: readonly number[]): string {
  const own = stridesOf(shape);
  const terms = shape.map((extent, k) => {
    if (extent === 1 || strides[k] === 0) return '';
    const scaled = own[k] === 1 ? 'i' : `(i / ${own[k]}u)`;
    return `${k === 0 ? scaled : `(${scaled} % ${extent}u)`} * ${strides[k]}u`;
  });
  return terms.filter(Boolean).join(' + ') || '0u';
}
