import { HostRandom } from '@visage/nn';
import type { Tensor } from '@visage/tensor';
import { elementOf } from '../core/lists.ts';
import type { PairKind } from '../core/recipe.ts';
import type { Shard } from '../core/shard.ts';

/** A batch of pairs: NHWC images in [0, 1], both [batch, size, size, 3]. */
export interface ImagePairs {
  /** The faces to be changed. */
  readonly target: Tensor;
  /** The faces whose identity goes into the targets. */
  readonly source: Tensor;
  /** Of pairs of kind `truth` only: what a perfect swap shows. */
  readonly truth?: ExactSwaps;
  /**
   * Where target and source were blurred or compressed for the networks that read them: the pictures before that, as
   * which results should look.
   */
  readonly clean?: { readonly target: Tensor; readonly source: Tensor };
}

/** Swaps that are known exactly. */
export interface ExactSwaps {
  /** The sources' identities under the targets' attributes [batch, size, size, 3]. */
  readonly image: Tensor;
  /** 1 where image and target may differ, 0 elsewhere [batch, size, size, 1]. */
  readonly mask: Tensor;
}

/**
 * Where a trainer's images come from.
 *
 * A step is recorded once and replayed. So {@link TrainingData.images} is called once, and gives tensors whose contents
 * the source replaces: the images themselves (a folder of pictures), or the results of ops on small tensors (a
 * renderer). {@link TrainingData.load} replaces the contents before each step.
 */
export interface TrainingData {
  readonly batchSize: number;
  /** Height and width of every image. */
  readonly imageSize: number;
  /**
   * Of a training on several devices: which rows of the whole batch it gives. What is drawn for a row depends on its
   * number in the whole batch, so that it is the same however many devices share it.
   */
  readonly shard?: Shard;
  /** Whether it gives pairs of kind `truth`. Default: no. */
  readonly knowsTruth?: boolean;
  /** The images of a step on pairs of a kind; called while that step is recorded. */
  images(kind: PairKind): ImagePairs;
  /**
   * Loads the pairs of a step, or of one of its phases, into the tensors that {@link TrainingData.images} reads. Pairs
   * of kind `same` show one person on both sides, pairs of kind `cross` never do; pairs of kind `shuffled` are those of
   * a `same` batch with their sources permuted, see `shuffledRows`.
   *
   * What is drawn must depend on the arguments and the source's own seed alone: then a resumed run sees what an
   * uninterrupted one sees.
   */
  load(kind: PairKind, step: number): void | Promise<void>;
  /**
   * Called with the arguments of a batch that will be needed in some steps, so that a source which reads and decodes
   * pictures can begin. It returns at once, may be called again for the same batch, and a batch may never be loaded.
   */
  expect?(kind: PairKind, step: number): void;
  /**
   * Called with the same arguments before the step begins, for sources whose `load` may fail, such as a folder of
   * pictures. An error here ends a run between two steps, where its state can be saved. In the middle of a step it
   * cannot be saved.
   */
  read?(kind: PairKind, step: number): void | Promise<void>;
}

/**
 * A random permutation of the rows 0 … count − 1, drawn from step and seed alone. The sources of a `shuffled` batch are
 * those of its `same` batch in this order. A row may stay where it is; on average one does.
 */
export function shuffledRows(count: number, step: number, seed: number): number[] {
  const random = new HostRandom(seed);
  random.draws = step;
  const bits = random.bits(count);
  const rows = Array.from({ length: count }, (_, k) => k);
  for (let k = count - 1; k > 0; k--) {
    const other = elementOf(bits, k, 'shuffledRows') % (k + 1);
    [rows[k], rows[other]] = [elementOf(rows, other, 'shuffledRows'), elementOf(rows, k, 'shuffledRows')];
  }
  return rows;
}
