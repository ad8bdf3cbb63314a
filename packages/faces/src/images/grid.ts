/** @file Images side by side, with labels: what a person looks at to judge a run. */
import { ArgumentError, checkInteger, checkList, checkOptions, type OptionKeys } from '@visage/gpu';
import { type Image, image, paste, resizeImage } from './image.ts';
import { drawText, textWidth } from './text.ts';

/** Layout of a grid. */
export interface GridOptions {
  readonly columns: number;
  /** One label above each column, one left of each row. */
  readonly columnLabels?: readonly string[];
  readonly rowLabels?: readonly string[];
  /** Enlarges every image by this whole factor without smoothing, so that small images stay honest. Default 1. */
  readonly scale?: number;
}

const OPTIONS: OptionKeys<GridOptions> = { columns: true, columnLabels: true, rowLabels: true, scale: true };

/** Every pixel becomes a square of `scale` pixels. */
function enlarge(source: Image, scale: number): Image {
  if (scale === 1) return source;
  const out = image(source.width * scale, source.height * scale);
  for (let y = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++) {
      const from = (Math.floor(y / scale) * source.width + Math.floor(x / scale)) * 3;
      out.data.set(source.data.subarray(from, from + 3), (y * out.width + x) * 3);
    }
  }
  return out;
}

/**
 * Puts images into a grid, row by row, with a gap of two pixels. Images of another size than the first are resized to
 * it.
 *
 * @param images `undefined` leaves a place empty.
 * @throws ArgumentError when there is no image or the number of columns is not positive
 */
export function imageGrid(images: readonly (Image | undefined)[], options: GridOptions): Image {
  checkOptions('imageGrid', options, OPTIONS);
  checkList('imageGrid', 'images', images, 'images');
  const { columns, columnLabels = [], rowLabels = [], scale = 1 } = options;
  const first = images.find((each) => each !== undefined);
  if (!first) throw new ArgumentError('imageGrid', 'images', 'an empty list', 'one image or more');
  for (const [name, value] of Object.entries({ columns, scale })) checkInteger('imageGrid', name, value, 1);
  const gap = 2;
  const [width, height] = [first.width * scale + gap, first.height * scale + gap];
  const font = Math.max(1, Math.round(width / 80));
  const left = rowLabels.length > 0 ? Math.max(...rowLabels.map(textWidth)) * font + 2 * gap : gap;
  const top = columnLabels.length > 0 ? 5 * font + 2 * gap : gap;
  const rows = Math.ceil(images.length / columns);
  const grid = image(left + columns * width, top + rows * height);
  grid.data.fill(0.12);
  images.forEach((one, n) => {
    if (one === undefined) return;
    const cell = enlarge(resizeImage(one, first.width, first.height), scale);
    paste(grid, cell, left + (n % columns) * width, top + Math.floor(n / columns) * height);
  });
  columnLabels.forEach((label, n) => {
    drawText(grid, label, left + n * width, gap, font);
  });
  rowLabels.forEach((label, n) => {
    drawText(grid, label, gap, top + n * height + Math.floor((height - 5 * font) / 2), font);
  });
  return grid;
}
