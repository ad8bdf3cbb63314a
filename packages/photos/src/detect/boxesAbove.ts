/** @file Which boxes of a detector are worth a look, filtered on the GPU so that the host reads a few of thousands. */
import { checkNumber, f32 } from '@visage/gpu';
import { photosBoxesAbove } from '@visage/kernels';
import type { Tensor } from '@visage/tensor';
import { checkShape, empty } from '@visage/tensor/kernels';
import type { Detections } from '../networks/ssdFaceDetector.ts';

/** The most boxes in a list. A tile with 29 small faces has some 200 above a score of 0.2. */
export const MOST_BOXES = 512;

/** Boxes of a picture and their scores, on the host: top, left, bottom and right of each, in the order of anchors. */
export interface HostBoxes {
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
}

/**
 * The boxes whose score is above `least`, in the order of the anchors, for {@link readBoxes}.
 *
 * @returns f32 [N, 1 + 5 · {@link MOST_BOXES}]: how many there are, the scores of the first {@link MOST_BOXES}, their
 * boxes.
 * @throws ArgumentError for shapes that no detector gives, or a threshold outside of [0, 1].
 */
export function boxesAbove({ boxes, scores }: Detections, least: number): Tensor {
  checkShape('boxesAbove', 'scores', scores.shape, [null, null]);
  const [count, anchors] = scores.shape as readonly [number, number];
  checkShape('boxesAbove', 'boxes', boxes.shape, [count, anchors, 4], 'one box for each score');
  checkNumber('boxesAbove', 'least', least, 0, 1);
  const list = empty(scores.gpu, [count, 1 + 5 * MOST_BOXES]);
  scores.gpu.dispatch({
    program: {
      name: 'photos/boxesAbove',
      parts: [photosBoxesAbove],
      constants: { ANCHORS: anchors, MOST: MOST_BOXES, LEAST: f32(least) },
    },
    buffers: [list.buffer, boxes.buffer, scores.buffer],
    grid: [count, 1, 1],
  });
  return list;
}

/**
 * Reads the boxes above `least` of each picture. A launch in which more than {@link MOST_BOXES} of a picture are above
 * it is read as a whole instead, so no box is ever missing.
 */
export async function readBoxes(detections: Detections, least: number): Promise<HostBoxes[]> {
  const list = boxesAbove(detections, least);
  const rows = await list.floats().finally(() => list.dispose());
  const length = 1 + 5 * MOST_BOXES;
  const counts = Array.from({ length: rows.length / length }, (_, k) => rows[k * length] as number);
  if (counts.some((count) => count > MOST_BOXES)) return readAll(detections, counts.length);
  return counts.map((count, k) => {
    const row = rows.subarray(k * length, (k + 1) * length);
    const first = 1 + MOST_BOXES;
    return { scores: row.subarray(1, 1 + count), boxes: row.subarray(first, first + 4 * count) };
  });
}

/** All boxes of all anchors. */
async function readAll({ boxes, scores }: Detections, count: number): Promise<HostBoxes[]> {
  const [places, values] = await Promise.all([boxes.floats(), scores.floats()]);
  const anchors = values.length / count;
  return Array.from({ length: count }, (_, k) => ({
    boxes: places.subarray(4 * anchors * k, 4 * anchors * (k + 1)),
    scores: values.subarray(anchors * k, anchors * (k + 1)),
  }));
}
