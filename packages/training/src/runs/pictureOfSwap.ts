import { type Image, imageGrid } from '@visage/faces';

/** The swap of two faces, with what it should be where that is known. */
export interface SwapShown {
  readonly source: Image;
  readonly target: Image;
  readonly result: Image;
  readonly truth?: Image;
}

/** Source, target, result and, where it is known, the exact truth side by side. */
export function pictureOfSwap({ source, target, result, truth }: SwapShown): Image {
  const shown = [source, target, result, ...(truth ? [truth] : [])];
  const columnLabels = ['source', 'target', 'result', 'exact truth'].slice(0, shown.length);
  return imageGrid(shown, { columns: shown.length, columnLabels, scale: Math.max(1, Math.round(192 / source.width)) });
}
