import { type Constant, linearGrid } from '@visage/gpu';
import type { Tensor } from '@visage/tensor';

const WORKGROUP = 64;

/**
 * Launches an elementwise in-place kernel of `kernels/optim`: `tensors` are of one size, in binding order,
 * `scalars` are small tensors that the kernel reads at each run.
 */
export function launchInPlace(
  name: string,
  code: string,
  constants: Readonly<Record<string, Constant>>,
  tensors: readonly Tensor[],
  scalars: readonly Tensor[],
): void {
  const { gpu, size } = tensors[0] as Tensor;
  const vector = size % 4 === 0;
  gpu.dispatch({
    program: {
      name: `optim/${name}`,
      aliases: { V: vector ? 'vec4f' : 'f32' },
      constants: { WG: WORKGROUP, ...constants },
      parts: [code],
    },
    buffers: [...tensors, ...scalars].map((x) => x.buffer),
    grid: linearGrid(Math.ceil(size / (vector ? 4 : 1) / WORKGROUP)),
  });
}
