/**
 * @file The scores of a swapper, and of trivial answers, which need no swapper: every table shows them side by side.
 */
import { type Embeddings, leakRate, retrievalTop1, swapMargin } from './embeddings.ts';
import { pixelErrors } from './pixels.ts';

/** The results of a swapper, or of a trivial answer, for a set of swaps. */
export interface SwapAnswer {
  /** Swapped images, flat NHWC in [0, 1]. */
  readonly images: Float32Array;
  /** Embeddings of the swapped images by the judge, the network that measures only. */
  readonly embeddings: Embeddings;
}

/** What every answer is measured against. Rows of all lists correspond. */
export interface SwapTask {
  readonly count: number;
  /** Exact truths and the inner-face masks of the targets. */
  readonly truths: Float32Array;
  readonly masks: Float32Array;
  /** The judge's embeddings of the sources and of the targets. */
  readonly sources: Embeddings;
  readonly targets: Embeddings;
  /** One embedding of the judge per identity, and for each swap the row of its source's identity. */
  readonly gallery: Embeddings;
  readonly sourceRows: ArrayLike<number>;
}

/** Scores of one answer. */
export interface SwapScores {
  /** Mean over images, dB, on the inner face against the exact truth. */
  readonly psnr: number;
  readonly l1: number;
  /** Share of swaps recognised as their source among the gallery. */
  readonly top1: number;
  /** cos(swap, source) - cos(swap, target), mean. */
  readonly margin: number;
  /** Share of swaps nearer to the target's identity than to the source's. */
  readonly leak: number;
}

/** Scores one answer; definitions at `pixelErrors`, `retrievalTop1`, `swapMargin` and `leakRate`. */
export function swapScores(task: SwapTask, answer: SwapAnswer): SwapScores {
  const pixels = pixelErrors(answer.images, task.truths, task.masks, task.count);
  return {
    psnr: pixels.meanPsnr,
    l1: pixels.meanL1,
    top1: retrievalTop1(answer.embeddings, task.gallery, task.sourceRows),
    margin: swapMargin(answer.embeddings, task.sources, task.targets),
    leak: leakRate(answer.embeddings, task.sources, task.targets),
  };
}

/**
 * The trivial answers: the target unchanged, the source unchanged, and the mean identity under the true attributes
 * (`SwapFaces.meanIdentity`).
 */
export const trivialAnswers = ['copyTarget', 'copySource', 'meanIdentity'] as const;

/** The three trivial answers of a task from its own images: sources and targets stand for themselves. */
export function trivialScores(
  task: SwapTask,
  images: { readonly source: Float32Array; readonly target: Float32Array; readonly meanIdentity: SwapAnswer },
): Record<(typeof trivialAnswers)[number], SwapScores> {
  return {
    copyTarget: swapScores(task, { images: images.target, embeddings: task.targets }),
    copySource: swapScores(task, { images: images.source, embeddings: task.sources }),
    meanIdentity: swapScores(task, images.meanIdentity),
  };
}
