/** @file A sheet of swaps in the layout of the paper's matrix: sources above, targets at the left. */
import { type Image, image, imagesOf } from '@visage/faces';
import { alignFace, cropPictures, drawLabel, type Face, type Picture } from '@visage/photos';
import { scope } from '@visage/tensor';
import { swapMatrix } from './swapMatrix.ts';

const SIDE = 128; // of a cell, in pixels
const MOST = 10; // sources and targets
const GROUND = 0.12; // grey around the label
const LABEL_WIDTHS = 240; // the label is eight of these shares of the width high

/**
 * Collects faces for the sheet. They are cut by the template `ffhq`, which shows what is around a face, out of whole
 * finished pictures, each at the place of the target's face.
 */
export class PortraitSheet {
  readonly #portraits: Image[] = [];
  readonly #swaps = new Map<string, Image>();

  /** Adds the photograph of the next person. */
  async portrait(picture: Picture, face: Face): Promise<void> {
    if (this.#portraits.length < MOST) this.#portraits.push(await cut(picture, face));
  }

  /** Adds a swap; those of people beyond the tenth are not shown. */
  async swap(picture: Picture, face: Face, { source, target }: { source: number; target: number }): Promise<void> {
    if (source < MOST && target < MOST) this.#swaps.set(`${source},${target}`, await cut(picture, face));
  }

  /** The sheet, with the label of synthetic pictures under it. Its diagonal is empty: nobody goes into themselves. */
  image(): Image {
    const people = this.#portraits;
    const grid = swapMatrix(people, people, (source, target) => this.#swaps.get(`${source},${target}`));
    const strip = 8 * Math.max(1, Math.round(grid.width / LABEL_WIDTHS));
    const sheet = image(grid.width, grid.height + strip);
    sheet.data.fill(GROUND);
    sheet.data.set(grid.data);
    drawLabel(sheet);
    return sheet;
  }
}

async function cut(picture: Picture, { points }: Face): Promise<Image> {
  const { transform } = alignFace(points, 'ffhq', SIDE);
  const crop = scope(() => cropPictures(picture, [transform], SIDE));
  const [shown] = imagesOf(await crop.floats(), SIDE);
  crop.dispose();
  return shown as Image;
}
