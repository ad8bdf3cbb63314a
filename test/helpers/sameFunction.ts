/** @file Two ways to compute one function: values, gradients and gradients of gradients must agree. */
import { concat, grad, mul, reshape, scope, sin, sum, type Tensor, tensor } from '@visage/tensor';
import { relativeError } from './goldens.ts';
import type { HostTensor } from './gradcheck.ts';
import { hostRandom } from './random.ts';

type TensorFunction = (...inputs: Tensor[]) => Tensor;

/**
 * Throws unless `a` and `b` agree on `inputs` within `tolerance` (relative, by norm) in value, gradient and
 * second-order gradient.
 *
 * @param around runs `a` and what differentiates it, for instance with a variant of its kernels forced.
 */
export async function sameFunction(
  a: TensorFunction,
  b: TensorFunction,
  inputs: readonly HostTensor[],
  tolerance = 2e-4,
  around: <T>(run: () => T) => T = (run) => run(),
): Promise<void> {
  const [ours, theirs] = [await read(around(() => derivatives(a, inputs))), await read(derivatives(b, inputs))];
  for (const [what, mine] of ours) {
    const error = relativeError(mine, theirs.get(what) as Float32Array);
    if (!(error <= tolerance))
      throw new Error(`${what} differs: relative error ${error.toExponential(2)}, tolerance ${tolerance}`);
  }
}

interface Derivatives {
  readonly y: Tensor;
  readonly plain: readonly Tensor[];
  readonly second: readonly Tensor[];
}

function derivatives(fn: TensorFunction, inputs: readonly HostTensor[]): Derivatives {
  const project = (y: Tensor, seed: number) => {
    const random = hostRandom(seed);
    return sum(mul(sin(mul(y, 0.7)), tensor(random.normals(y.size), y.shape)));
  };
  return scope(() => {
    const xs = inputs.map((x) => tensor(x.values, x.shape, { requiresGrad: true }));
    const y = fn(...xs);
    const plain = grad(project(y, 3), xs);
    const graph = grad(project(fn(...xs), 3), xs, { createGraph: true });
    const second = grad(
      project(
        concat(
          graph.map((g) => reshape(g, [g.size])),
          0,
        ),
        4,
      ),
      xs,
    );
    return { y, plain, second };
  });
}

async function read({ y, plain, second }: Derivatives): Promise<Map<string, Float32Array>> {
  const out = new Map<string, Float32Array>([['value', await y.floats()]]);
  for (const [k, g] of plain.entries()) out.set(`gradient of input ${k}`, await g.floats());
  for (const [k, g] of second.entries()) out.set(`second-order gradient of input ${k}`, await g.floats());
  for (const x of [y, ...plain, ...second]) x.dispose();
  return out;
}
