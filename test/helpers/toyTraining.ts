/**
 * @file A small training step that meets most kernels of the engine: convolutions, norms, resizing, pooling, random
 * numbers, a gradient penalty.
 */
import {
  adain,
  assign,
  avgPool2d,
  batchNorm,
  conv2d,
  crossEntropy,
  grad,
  keep,
  l1Loss,
  leakyRelu,
  linear,
  mean,
  mul,
  noGrad,
  RandomState,
  resize,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { hostRandom } from './random.ts';

export interface ToyTraining {
  readonly parameters: readonly Tensor[];
  /** Everything that a step changes. */
  readonly state: readonly Tensor[];
  readonly input: Tensor;
  /** One step; returns the loss. */
  step(): Tensor;
  dispose(): void;
}

/** Makes the network and its data; the same seed gives the same bits. */
export function toyTraining(seed = 1): ToyTraining {
  const host = hostRandom(seed);
  const make = (shape: number[], scale: number, shift = 0) =>
    keep(
      tensor(
        host.normals(
          shape.reduce((a, b) => a * b, 1),
          scale,
          shift,
        ),
        shape,
      ),
    );
  const parameter = (shape: number[], scale: number, shift = 0) => {
    const x = make(shape, scale, shift);
    x.requiresGrad = true;
    return x;
  };
  const p = {
    first: parameter([3, 3, 3, 4], 0.3),
    styleWeight: parameter([5, 8], 0.3),
    second: parameter([3, 3, 4, 4], 0.3),
    gain: parameter([4], 0.1, 1),
    bias: parameter([4], 0.1),
    head: parameter([4, 6], 0.5),
  };
  const input = make([2, 8, 8, 3], 1);
  const latent = make([2, 5], 1);
  const labels = keep(tensor(Int32Array.of(1, 4)));
  const running = [keep(tensor([0, 0, 0, 0])), keep(tensor([1, 1, 1, 1]))] as const;
  const random = new RandomState(seed);

  const body = (x: Tensor): Tensor => {
    const a = leakyRelu(conv2d(x, p.first, undefined, { padding: 1, paddingMode: 'reflect' }), 0.2);
    const styled = adain(a, linear(latent, p.styleWeight), { relu: true, residual: a });
    const small = avgPool2d(styled, { kernel: 3, stride: 2, padding: 1, countIncludePad: false });
    const b = batchNorm(conv2d(small, p.second, undefined, { padding: 1 }), p.gain, p.bias, ...running, {
      train: true,
    });
    return resize(b, [8, 8]);
  };
  const loss = (): Tensor => {
    const noisy = input.add(random.normal(input.shape, 0, 0.1));
    noisy.requiresGrad = true;
    const out = body(noisy);
    const classes = crossEntropy(linear(mean(out, [1, 2]), p.head), labels);
    const [slope] = grad(sum(out), [noisy], { createGraph: true });
    const penalty = mean(square(sub(sum(square(slope as Tensor), [1, 2, 3]), 1)));
    return classes.add(mul(l1Loss(out, out.detach().mul(0.5)), 0.1)).add(mul(penalty, 1e-3));
  };
  const parameters = Object.values(p);
  const owned = [...parameters, input, latent, labels, ...running, random.state];
  return {
    parameters,
    state: [...parameters, ...running],
    input,
    step() {
      const value = loss();
      const gradients = grad(value, parameters);
      noGrad(() => {
        for (const [k, x] of parameters.entries()) assign(x, sub(x, mul(gradients[k] as Tensor, 0.02)));
      });
      return value.detach();
    },
    dispose() {
      for (const x of owned) x.dispose();
    },
  };
}
