/** @file How far a variant's result may be from the reference before tuning refuses the variant. */
import { noGrad } from '../core/autograd.ts';
import { scope } from '../core/scope.ts';
import type { Tensor } from '../core/tensor.ts';
import { sub } from '../elementwise/arithmetic.ts';
import { max, mean } from '../elementwise/reduce.ts';
import { concat } from '../elementwise/shape.ts';
import { abs, sqrt, square } from '../elementwise/unary.ts';

/** How far a result is from a reference, in units of the reference's root mean square. */
export interface Agreement {
  /** Root mean square of the difference. */
  readonly error: number;
  /** Largest difference of one element. */
  readonly worst: number;
}

/**
 * Compares two f32 tensors of one shape on the device. A NaN or an infinity in either one makes both numbers NaN or
 * infinite.
 */
export async function agreement(result: Tensor, reference: Tensor): Promise<Agreement> {
  const values = scope(() =>
    noGrad(() => {
      const difference = sub(result, reference);
      const rms = (x: Tensor) => sqrt(mean(square(x)));
      const three = [rms(difference), max(abs(difference)), rms(reference)];
      return concat(
        three.map((x) => x.reshape([1])),
        0,
      );
    }),
  );
  const [error, worst, scale] = (await values.floats()) as unknown as [number, number, number];
  values.dispose();
  return { error: error / scale, worst: worst / scale };
}

// f32 products differ in the order of their sums, Winograd's by about 1e-5. f16 results are rounded to 5e-4 of each
// element, and some kernels round their operands too: Winograd's F(4x4) in f16 has an error of 1.2e-3 to 1.5e-3, and
// differs from a product that is rounded itself by more than 2e-3 at 512 channels.
const TOLERANCE = 4e-3;
const WORST = 5e-2; // one element may be further off than the mean, but a wrong term in its sum is more than this

/** May a variant with this agreement be chosen? NaN says no. */
export const withinTolerance = ({ error, worst }: Agreement): boolean => error <= TOLERANCE && worst <= WORST;
