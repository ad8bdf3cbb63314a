import { isHeadLevel, type Level } from '@visage/faces';
import type { FivePoints } from '../core/face.ts';

/** Where the five points of an aligned face lie. */
export interface Template {
  /** The side of the square in which the points are given. */
  readonly side: number;
  /** The points of a face by the pose of its head; a template of one pose calls it `frontal`. */
  readonly poses: Readonly<Record<string, FivePoints>>;
}

/** Names of {@link templates}. */
export type TemplateName = 'simswap' | 'ffhq' | 'arcface' | 'dlib' | 'rendered';

/**
 * The alignments that published networks were trained with.
 *
 * - `simswap`: SimSwap's 224-pixel model, which takes of five poses the one that fits best. It frames a wider box than
 *   ArcFace's alignment: the eyes of its frontal face are 29 % of the side apart instead of 31 %.
 * - `ffhq`: the alignment of FFHQ as SimSwap's 512-pixel model uses it, with forehead, chin and ears.
 * - `arcface`: insightface's recognition networks, and swappers that were trained on their crops.
 * - `dlib`: dlib's recognition network, with its mean face and a padding of a quarter.
 * - `rendered`: the procedural faces that `@visage/faces` renders, and networks that were trained on them. The points
 *   are the means of 4000 faces that look ahead (level L0). Mesh heads are cropped as `simswap` crops them.
 */
export const templates: Readonly<Record<TemplateName, Template>> = {
  simswap: {
    side: 112,
    poses: {
      leftProfile: [
        [51.642, 50.115],
        [57.617, 49.99],
        [35.74, 69.007],
        [51.157, 89.05],
        [57.025, 89.702],
      ],
      left: [
        [45.031, 50.118],
        [65.568, 50.872],
        [39.677, 68.111],
        [45.177, 86.19],
        [64.246, 86.758],
      ],
      frontal: [
        [39.73, 51.138],
        [72.27, 51.138],
        [56, 68.493],
        [42.463, 87.01],
        [69.537, 87.01],
      ],
      right: [
        [46.845, 50.872],
        [67.382, 50.118],
        [72.737, 68.111],
        [48.167, 86.758],
        [67.236, 86.19],
      ],
      rightProfile: [
        [54.796, 49.99],
        [60.771, 50.115],
        [76.673, 69.007],
        [55.388, 89.702],
        [61.257, 89.05],
      ],
    },
  },
  ffhq: {
    side: 512,
    poses: {
      frontal: [
        [192.98138, 239.94708],
        [318.90277, 240.1936],
        [256.63416, 314.01935],
        [201.26117, 371.41043],
        [313.08905, 371.15118],
      ],
    },
  },
  arcface: {
    side: 112,
    poses: {
      frontal: [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
      ],
    },
  },
  dlib: {
    side: 150,
    poses: {
      frontal: [
        [47.55, 46.6],
        [100.48, 46.6],
        [74.01, 76.56],
        [50.41, 103.02],
        [97.61, 103.02],
      ],
    },
  },
  rendered: {
    side: 224,
    poses: {
      frontal: [
        [75.32, 95.34],
        [148.68, 95.34],
        [112, 135.38],
        [80.43, 166.32],
        [143.57, 166.32],
      ],
    },
  },
};

/** How the rendered faces of a level are framed. */
export const templateOfLevel = (level: Level = 'L1'): TemplateName => (isHeadLevel(level) ? 'simswap' : 'rendered');
