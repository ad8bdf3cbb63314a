import { add, concat, mul, reshape, sigmoid, slice, sub, type Tensor } from '@visage/tensor';
import { GraphNetwork } from './graphNetwork.ts';
import type { Detections } from './ssdFaceDetector.ts';

/** Cells along a side, and anchors of a cell, of the two maps. */
const MAPS = [
  [16, 2],
  [8, 6],
] as const;

/**
 * Middles of the anchors, x and y as fractions of the side: (cell + 0.5) / cells. Their extent is the whole picture.
 */
function anchors(): Float32Array {
  const middles: number[] = [];
  for (const [cells, count] of MAPS)
    for (let cell = 0; cell < cells * cells; cell++)
      for (let k = 0; k < count; k++)
        middles.push(((cell % cells) + 0.5) / cells, (Math.floor(cell / cells) + 0.5) / cells);
  return Float32Array.from(middles);
}

/**
 * BlazeFace at 256 pixels, for faces that fill a good part of the picture: Bazarevsky et al., BlazeFace:
 * Sub-millisecond Neural Face Detection on Mobile GPUs, 2019 (arXiv 1907.05047). 896 anchors; box and centre are
 * offsets in pixels of 256.
 */
export class BlazeFace extends GraphNetwork<Detections> {
  readonly size = 256;
  readonly #anchors = this.constant('anchors', anchors(), [896, 2]);

  protected compute(pictures: Tensor): Detections {
    const raw = this.outputs(sub(mul(pictures, 2), 1), ['Identity', 'Identity_1', 'Identity_2', 'Identity_3']);
    const [near, far, nearCodes, farCodes] = raw as [Tensor, Tensor, Tensor, Tensor];
    const logits = concat([near, far], 1);
    const codes = mul(concat([nearCodes, farCodes], 1), 1 / this.size);
    const centres = add(slice(codes, 2, 0, 2), this.#anchors);
    const reach = mul(slice(codes, 2, 2, 4), 0.5);
    const [from, to] = [sub(centres, reach), add(centres, reach)];
    const column = (x: Tensor, k: number): Tensor => slice(x, 2, k, k + 1);
    return {
      boxes: concat([column(from, 1), column(from, 0), column(to, 1), column(to, 0)], 2),
      scores: sigmoid(reshape(logits, [logits.dim(0), logits.dim(1)])),
    };
  }
}
