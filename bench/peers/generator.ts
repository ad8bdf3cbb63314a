/**
 * @file A small generator of SimSwap's form, of ops that every engine has: encoder, two blocks styled by a latent,
 * decoder. Zero padding, nearest upsampling.
 */
import { adain, conv2d, instanceNorm, matmul, relu, resize, type Tensor, tanh } from '@visage/tensor';

export const EPSILON = 1e-8;

/**
 * Shapes of its weights, by name: convolutions [kh, kw, ci, co], styles [latent, 2 · channels] (scale − 1, then shift).
 */
export function generatorWeights(channels: number, latent: number): Record<string, readonly number[]> {
  const [c1, c2, c4] = [channels, 2 * channels, 4 * channels];
  const blocks = ['1a', '1b', '2a', '2b'].flatMap((k): [string, number[]][] => [
    [`block${k}`, [3, 3, c4, c4]],
    [`style${k}`, [latent, 2 * c4]],
  ]);
  return {
    first: [7, 7, 3, c1],
    down1: [3, 3, c1, c2],
    down2: [3, 3, c2, c4],
    ...Object.fromEntries(blocks),
    up1: [3, 3, c4, c2],
    up2: [3, 3, c2, c1],
    last: [7, 7, c1, 3],
  };
}

/** Operations of its convolutions at a size. */
export function generatorFlops(batch: number, size: number, channels: number): number {
  const sides: Readonly<Record<string, number>> = { first: 1, down1: 2, down2: 4, up1: 2, up2: 1, last: 1 };
  return Object.entries(generatorWeights(channels, 1))
    .filter(([, shape]) => shape.length === 4)
    .map(([name, shape]) => 2 * batch * (size / (sides[name] ?? 4)) ** 2 * shape.reduce((a, b) => a * b))
    .reduce((a, b) => a + b);
}

/** The network in Visage: image [N, S, S, 3], latent [N, L] → [N, S, S, 3] in (−1, 1). */
export function generator(image: Tensor, latent: Tensor, weights: Readonly<Record<string, Tensor>>): Tensor {
  const weight = (name: string) => weights[name] as Tensor;
  const conv = (x: Tensor, name: string, stride = 1) =>
    conv2d(x, weight(name), undefined, { stride, padding: (weight(name).dim(0) - 1) / 2 });
  const act = (x: Tensor) => relu(instanceNorm(x, EPSILON));
  const style = (k: string) => matmul(latent, weight(`style${k}`));
  let x = act(conv(image, 'first'));
  for (const name of ['down1', 'down2']) x = act(conv(x, name, 2));
  for (const k of [1, 2]) {
    const inside = adain(conv(x, `block${k}a`), style(`${k}a`), { relu: true });
    x = adain(conv(inside, `block${k}b`), style(`${k}b`), { residual: x });
  }
  for (const name of ['up1', 'up2']) x = act(conv(resize(x, [2 * x.dim(1), 2 * x.dim(2)], 'nearest'), name));
  return tanh(conv(x, 'last'));
}
