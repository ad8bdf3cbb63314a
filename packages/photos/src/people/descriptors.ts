/**
 * @file Descriptors of faces: 128 numbers each, from dlib's recognition network. Two descriptors are close when they
 * show the same person.
 */
import { ArgumentError } from '@visage/gpu';

/**
 * Descriptors that are nearer to each other than this show the same person. The network was trained for this threshold
 * (King 2017, dlib); in films of two men the same man stays below 0.44, and two men are 0.79 apart or more.
 */
export const samePerson = 0.6;

/** @throws ArgumentError unless both are equally long. */
function checkLengths(op: string, a: Float32Array, b: Float32Array): void {
  if (a.length === b.length) return;
  const hint = 'Descriptors of different networks cannot be compared';
  throw new ArgumentError(op, 'b', `${b.length} numbers`, `${a.length}, as many as a has`, hint);
}

/**
 * The Euclidean distance of two descriptors.
 *
 * @throws ArgumentError unless both are equally long.
 */
export function descriptorDistance(a: Float32Array, b: Float32Array): number {
  checkLengths('descriptorDistance', a, b);
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += ((a[k] as number) - (b[k] as number)) ** 2;
  return Math.sqrt(sum);
}

/**
 * The mean of descriptors of one person, from several pictures or from the frames of a track.
 *
 * @throws ArgumentError for an empty list, or descriptors of different lengths.
 */
export function meanDescriptor(descriptors: readonly Float32Array[]): Float32Array {
  const [first] = descriptors;
  if (!first) throw new ArgumentError('meanDescriptor', 'descriptors', 'an empty list', 'at least one descriptor');
  const mean = new Float32Array(first.length);
  for (const descriptor of descriptors) {
    checkLengths('meanDescriptor', first, descriptor);
    for (let k = 0; k < mean.length; k++)
      mean[k] = (mean[k] as number) + (descriptor[k] as number) / descriptors.length;
  }
  return mean;
}
