/** @file The check of chapter 7's exercise. */
import { arcMargin, tensor } from '@visage/tensor';

const TOLERANCE = 2e-3; // of a logit; near 0° and 180° the angle of a cosine in f32 is known to 3e-4

/**
 * Compares with the product's op, for angles from 0 to 180°, and asks for a number where a cosine is rounded above 1.
 */
export async function check({ arcFaceLogits }: typeof import('./solution.ts')): Promise<void> {
  for (const [scale, margin] of [
    [1, 0.5],
    [16, 0.2],
    [64, 0.5],
  ] as const) {
    const angles = Array.from({ length: 19 }, (_, k) => (k * Math.PI) / 18);
    const centres = [...angles.map(Math.cos), ...angles.map(Math.sin)];
    const [x, w] = [tensor([1, 0], [1, 2]), tensor(centres, [2, angles.length])];
    for (const own of angles.keys()) {
      const expected = await arcMargin(x, w, tensor(Uint32Array.of(own)), { scale, margin }).floats();
      const got = arcFaceLogits(angles.map(Math.cos), own, scale, margin);
      if (got.length !== expected.length)
        throw new Error(`arcFaceLogits: ${got.length} logits, expected ${expected.length}`);
      for (const [k, logit] of expected.entries()) {
        if (Math.abs((got[k] as number) - logit) <= TOLERANCE * scale) continue;
        const which = k === own ? 'the own class' : 'another class';
        throw new Error(
          `arcFaceLogits: scale ${scale}, margin ${margin}: ${which} at ${10 * k}° has ${got[k]}, expected ${logit}`,
        );
      }
    }
  }
  const [rounded] = arcFaceLogits([1 + 1e-7, 0], 0, 1, 0.5);
  if (!(Math.abs((rounded as number) - Math.cos(0.5)) < 1e-3))
    throw new Error(`arcFaceLogits: a cosine of 1 + 1e-7 gives ${rounded}, expected that of 1`);
}
