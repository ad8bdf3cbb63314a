import { type GridOptions, type Image, imageGrid } from '@visage/faces';

/** How a {@link swapMatrix} is drawn. */
export interface MatrixOptions extends Pick<GridOptions, 'scale'> {
  /** Labels at the left of the targets. */
  readonly targetNames?: readonly string[];
}

/**
 * A picture of swaps in the layout of the paper's matrix: sources above, targets at the left, and where they cross the
 * one swapped into the other.
 *
 * @param swapOf the swap of a source into a target, both by number; its place stays empty where there is none.
 */
export function swapMatrix(
  sources: readonly Image[],
  targets: readonly Image[],
  swapOf: (source: number, target: number) => Image | undefined,
  { targetNames, ...options }: MatrixOptions = {},
): Image {
  const rows = targets.map((shown, target) => [shown, ...sources.map((_, source) => swapOf(source, target))]);
  return imageGrid([undefined, ...sources, ...rows.flat()], {
    ...options,
    columns: sources.length + 1,
    ...(targetNames && { rowLabels: ['source', ...targetNames] }),
  });
}
