/** @file A parsing network whose answer is known. */
import { swappedClasses } from '@visage/photos';
import { ParsingNetwork } from '@visage/simswap';
import type { Tensor } from '@visage/tensor';

/** The classes of {@link seeing}: two that a swap keeps, and all that it changes. */
export const seenClasses: readonly string[] = ['background', 'hair', ...swappedClasses];

/** A network that takes every pixel for one class, whatever the picture shows. */
export function seeing(name: string): ParsingNetwork {
  const network = new ParsingNetwork({ channels: 2, halvings: 1, classes: seenClasses });
  const { weight, bias } = network.head;
  weight.write(new Float32Array(weight.size));
  (bias as Tensor).write(Float32Array.from(seenClasses, (each) => (each === name ? 20 : 0)));
  network.freeze().eval();
  return network;
}
