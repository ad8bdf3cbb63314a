/**
 * @file Sorts faces by people, without knowing how many people there are.
 *
 * Chinese whispers (Biemann 2006, TextGraphs): descriptors that are near each other are joined by an edge, and every
 * node takes the label that has the most weight among its neighbours, until nothing changes. Unlike components of the
 * same graph, two people who are joined by a few edges stay apart. The usual library of agglomerative clustering,
 * ml-hclust 4, copies a matrix of all distances in each of n steps, which is too slow for more than some hundred faces.
 */
import { ArgumentError, checkNumber } from '@visage/gpu';
import { samePerson } from './descriptors.ts';

const MOST_ROUNDS = 100;
const BLOCK = 16; // numbers of a descriptor that are added before the sum is compared with the threshold

/** The neighbours of each node, and the weights of the edges to them. */
interface Graph {
  readonly neighbours: readonly number[][];
  readonly weights: readonly number[][];
}

/** Joins every two descriptors that are nearer than the threshold; an edge weighs 1 − distance/threshold. */
function graphOf(descriptors: readonly Float32Array[], threshold: number): Graph {
  const length = descriptors[0]?.length ?? 0;
  const all = new Float32Array(descriptors.length * length);
  for (const [k, descriptor] of descriptors.entries()) {
    if (descriptor.length !== length) {
      const got = `${descriptor.length} numbers`;
      throw new ArgumentError('clusterDescriptors', `descriptors[${k}]`, got, `${length}, as descriptors[0]`);
    }
    all.set(descriptor, k * length);
  }
  const neighbours = descriptors.map((): number[] => []);
  const weights = descriptors.map((): number[] => []);
  const most = threshold * threshold;
  for (let a = 0; a < descriptors.length; a++) {
    for (let b = a + 1; b < descriptors.length; b++) {
      let sum = 0;
      for (let from = 0; from < length && sum < most; from += BLOCK) {
        const to = Math.min(from + BLOCK, length);
        for (let k = from; k < to; k++) {
          const difference = (all[a * length + k] as number) - (all[b * length + k] as number);
          sum += difference * difference;
        }
      }
      if (!(sum < most)) continue;
      const weight = 1 - Math.sqrt(sum) / threshold;
      neighbours[a]?.push(b);
      weights[a]?.push(weight);
      neighbours[b]?.push(a);
      weights[b]?.push(weight);
    }
  }
  return { neighbours, weights };
}

/**
 * The label with the most weight among the neighbours of a node, of those that nobody beside the node has; of equals
 * the smallest.
 *
 * @param beside the nodes that are other people than this one.
 */
function heaviest(node: number, { neighbours, weights }: Graph, labels: Int32Array, beside: readonly number[]): number {
  const taken = new Set(beside.filter((other) => other !== node).map((other) => labels[other] as number));
  const sums = new Map<number, number>();
  for (const [k, neighbour] of (neighbours[node] as number[]).entries()) {
    const label = labels[neighbour] as number;
    if (taken.has(label)) continue;
    sums.set(label, (sums.get(label) ?? 0) + (weights[node]?.[k] as number));
  }
  let [best, most] = [labels[node] as number, 0];
  for (const [label, sum] of sums) {
    if (sum > most || (sum === most && label < best)) [best, most] = [label, sum];
  }
  return best;
}

/**
 * Sorts descriptors by people: the number of a person for each descriptor. People are numbered from 0 in the order in
 * which they first occur.
 *
 * The result depends on the descriptors and their order alone. Time grows with the square of their number (10,000: 5 s
 * on one core of an EPYC), memory with the number of pairs that are near each other.
 *
 * @param threshold the distance below which two descriptors may show the same person.
 * @param pictures the number of the picture that each descriptor comes from. Faces of one picture are different people.
 * Without it, descriptors of small or old photographs may all be near each other: those of a group of 1927 are.
 * @throws ArgumentError unless all descriptors are equally long, and there are as many pictures if any.
 */
export function clusterDescriptors(
  descriptors: readonly Float32Array[],
  threshold = samePerson,
  pictures?: readonly number[],
): number[] {
  checkNumber('clusterDescriptors', 'threshold', threshold, Number.MIN_VALUE);
  if (pictures && pictures.length !== descriptors.length) {
    const expected = `${descriptors.length}, one for each descriptor`;
    throw new ArgumentError('clusterDescriptors', 'pictures', `${pictures.length} numbers`, expected);
  }
  const inPicture = new Map<number, number[]>();
  for (const [node, picture] of pictures?.entries() ?? []) {
    const beside = inPicture.get(picture) ?? [];
    beside.push(node);
    inPicture.set(picture, beside);
  }
  const besideOf = (node: number): readonly number[] => inPicture.get(pictures?.[node] as number) ?? [];
  const graph = graphOf(descriptors, threshold);
  const labels = Int32Array.from(descriptors, (_, k) => k);
  for (let round = 0, changed = true; changed && round < MOST_ROUNDS; round++) {
    changed = false;
    for (let node = 0; node < labels.length; node++) {
      const label = heaviest(node, graph, labels, besideOf(node));
      changed ||= label !== labels[node];
      labels[node] = label;
    }
  }
  const numbers = new Map<number, number>();
  for (const label of labels) if (!numbers.has(label)) numbers.set(label, numbers.size);
  return Array.from(labels, (label) => numbers.get(label) as number);
}
