import { choose, currentGpu } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { GEMM_VARIANTS, grad, type Shape, scope, sizeOf, type Tensor, tensor } from '@visage/tensor';

/** The sizes that shapes are made from. */
export interface Sizes {
  readonly size: number;
  readonly batch: number;
  /** Scales the channels; 1 is the published network. */
  readonly width: number;
  /** Channels of the four levels. */
  readonly channels: readonly [number, number, number, number];
}

/** Why a kernel family took the variant that it took. */
export interface VariantChoice {
  readonly variant: string;
  readonly declined: readonly { readonly name: string; readonly reason: string }[];
  /** The problem, for a product M x N x K. */
  readonly shape: string;
}

/** A case that is ready to be timed. */
export interface PreparedCase {
  /** Launches everything once and frees what it made. */
  run(): void;
  readonly inputs: readonly Tensor[];
  /** Kernel name → chosen variant, for families that have several. */
  readonly variants?: Readonly<Record<string, VariantChoice>>;
}

/** One op at the shape that it has in a network. */
export interface BenchCase {
  readonly group: string;
  readonly name: string;
  prepare(): PreparedCase;
}

const random = new HostRandom(1);

/** A tensor of normal random values that requires a gradient. */
export const filled = (shape: Shape): Tensor => tensor(random.normal(sizeOf(shape)), shape, { requiresGrad: true });

/** Runs an op and its gradients with respect to `inputs`, with a random gradient from above. */
export function forwardAndBackward(inputs: readonly Tensor[], op: () => Tensor): () => void {
  const y = scope(op);
  const upstream = tensor(random.normal(y.size), y.shape);
  y.dispose();
  return () =>
    scope(() => {
      grad(op(), inputs, { gradOutputs: [upstream] });
    });
}

/** Asks the products' family which variant takes M x N x K; `along` is the direction in which A is contiguous, `x` stands for its operands. */
export function gemmChoice([m, n, k]: readonly [number, number, number], along: 'k' | 'm', x: Tensor): VariantChoice {
  const problem = { name: 'bench', m, n, k, aContiguousAlong: along, loaderA: [], a: x.buffer, b: x.buffer };
  const { variant, declined } = choose('gemm', GEMM_VARIANTS, problem, currentGpu());
  return { variant: variant.name, declined, shape: `${m} x ${n} x ${k}` };
}
