import {
  batchNorm,
  cast,
  conv2d,
  grad,
  instanceNorm,
  leakyRelu,
  mean,
  ones,
  sqrt,
  sum,
  type Tensor,
  zeros,
} from '@visage/tensor';
import type { Named, OpEntry } from './opCase.ts';

/** The arguments of a gradient penalty case. */
interface PenaltyArgs {
  readonly kind: 'wgan_gp' | 'r1';
  readonly norm: 'none' | 'batch' | 'instance';
  readonly slope: number;
  readonly eps: number;
}

/** A discriminator of three convolutions, as the golden files define it. */
function discriminate(x: Tensor, p: Named, { norm, slope, eps }: PenaltyArgs): Tensor {
  const convolve = (input: Tensor, k: 1 | 2 | 3) =>
    conv2d(input, p[`w${k}`] as Tensor, p[`b${k}`] as Tensor, { stride: k === 3 ? 1 : 2, padding: 1 });
  const hidden = convolve(leakyRelu(convolve(x, 1), slope), 2);
  return convolve(leakyRelu(normalise(hidden), slope), 3);

  function normalise(h: Tensor): Tensor {
    if (norm === 'none') return h;
    if (norm === 'instance') return instanceNorm(h, eps);
    const channels = [h.dim(-1)];
    const { gamma, beta } = p as Readonly<Record<'gamma' | 'beta', Tensor>>;
    return batchNorm(h, gamma, beta, zeros(channels), ones(channels), { train: true, eps });
  }
}

/**
 * 0 · Σ of all inputs. Some inputs do not influence the gradient of a piecewise linear discriminator at all. Asking for
 * the gradient with respect to them is an error here, and yields zeros in PyTorch; with this term it yields zeros here
 * too.
 */
const zeroLink = (inputs: Named): Tensor =>
  Object.values(inputs)
    .map((x) => sum(x).mul(0))
    .reduce((total, x) => total.add(x));

/**
 * A gradient penalty, which the harness differentiates once more. With G = ∂ ΣD(x) / ∂x per sample, it is mean (‖G‖ −
 * 1)² (`wgan_gp`) or mean ‖G‖² (`r1`).
 */
export const GRADIENT_PENALTY: OpEntry = {
  call: (given, args) => {
    const penalty = args as unknown as PenaltyArgs;
    const inputs = { ...given, x: cast(given.x as Tensor, 'f32') }; // training also keeps images in f32
    const { x } = inputs;
    const [slope] = grad(sum(discriminate(x, inputs, penalty)), [x], { createGraph: true }) as [Tensor];
    const squared = sum(slope.square(), [1, 2, 3]);
    const value = mean(penalty.kind === 'r1' ? squared : sqrt(squared).sub(1).square());
    return value.add(zeroLink(inputs));
  },
};
