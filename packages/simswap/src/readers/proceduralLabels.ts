/** @file Rendered faces with labels of their pixels, and of their points. */
import {
  isHeadLevel,
  landmarkNames,
  landmarksOf,
  pointsOfLandmark,
  renderHeadLandmarks,
  renderMaterials,
} from '@visage/faces';
import { ArgumentError } from '@visage/gpu';
import { concat, keep, matmul, slice, type Tensor, tensor, zeros } from '@visage/tensor';
import {
  type LabelledData,
  type LabelledPictures,
  type LevelRows,
  ProceduralFaces,
  type ProceduralLabelsOptions,
} from '../training/labelledData.ts';
import { namedPoints, type PointScheme } from './pointSchemes.ts';

/** Rendered faces with maps of what each pixel shows, [batch, size, size, 1] f32: numbers of `materialNames`. */
export class ProceduralMaps implements LabelledData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly #faces: ProceduralFaces;

  /** @throws ArgumentError for an option that there is not, or a value that is out of range. */
  constructor(options: ProceduralLabelsOptions) {
    this.#faces = new ProceduralFaces('ProceduralMaps', options);
    this.batchSize = options.batchSize;
    this.imageSize = options.imageSize;
  }

  batch(): LabelledPictures {
    return { images: this.#faces.faces(), labels: this.#faces.rendered(({ shown }) => renderMaterials(shown)) };
  }

  load(step: number): void {
    this.#faces.load(step);
  }

  dispose(): void {
    this.#faces.dispose();
  }
}

/**
 * Rendered faces with their points, [batch, points, 2]: x and y as shares of the side. Points of procedural faces come
 * from the host, those of mesh heads from the device.
 */
export class ProceduralPoints implements LabelledData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly scheme: PointScheme;
  readonly #faces: ProceduralFaces;
  /** The points of each level of procedural faces. */
  readonly #written = new Map<LevelRows, Tensor>();

  /**
   * @param scheme which points. Default: the eight of `landmarkNames`.
   * @throws ArgumentError for an option that there is not, a value that is out of range, and a level whose faces do not
   * have the points.
   */
  constructor(options: ProceduralLabelsOptions, scheme: PointScheme = namedPoints) {
    this.#faces = new ProceduralFaces('ProceduralPoints', options);
    this.batchSize = options.batchSize;
    this.imageSize = options.imageSize;
    this.scheme = scheme;
    const written = this.#faces.parts.filter(({ shown }) => !isHeadLevel(shown.level));
    const [lacking] = scheme.name === 'ibug68' ? written : [];
    if (lacking) {
      this.#faces.dispose();
      throw new ArgumentError(
        'ProceduralPoints',
        'level',
        `'${lacking.shown.level}', whose faces have ${namedPoints.count} points`,
        `a level of mesh heads, M0 to M4, for ${scheme.count} points`,
        `Choose such a level, or a network of ${namedPoints.count} points`,
      );
    }
    for (const part of written)
      this.#written.set(part, keep(zeros([part.rows, scheme.count, 2], { gpu: options.gpu })));
  }

  batch(): LabelledPictures {
    const labels = this.#faces.rendered((part) => this.#written.get(part) ?? this.#ofHeads(part));
    return { images: this.#faces.faces(), labels };
  }

  #ofHeads({ shown }: LevelRows): Tensor {
    const points = renderHeadLandmarks(shown).div(shown.size);
    return this.scheme.name === 'ibug68' ? points : namedOf(points);
  }

  load(step: number): void {
    const { identities, attributes } = this.#faces.load(step);
    for (const [{ shown, first, rows }, points] of this.#written) {
      const values = Array.from({ length: rows }, (_, k) => {
        const [identity, attribute] = [identities[first + k], attributes[first + k]] as [number, number];
        const found = landmarksOf({ identity, attributes: attribute, level: shown.level }, 1);
        return landmarkNames.flatMap((name) => [found[name].x, found[name].y]);
      });
      points.write(Float32Array.from(values.flat()));
    }
  }

  dispose(): void {
    this.#faces.dispose();
    for (const points of this.#written.values()) points.dispose();
  }
}

/** The eight named points of 68: [N, 68, 2] → [N, 8, 2], means of those that each stands for. */
function namedOf(points: Tensor): Tensor {
  const [batch, all] = [points.dim(0), points.dim(1)];
  const shares = new Float32Array(all * landmarkNames.length);
  for (const [k, name] of landmarkNames.entries())
    for (const row of pointsOfLandmark[name])
      shares[row * landmarkNames.length + k] = 1 / pointsOfLandmark[name].length;
  const means = tensor(shares, [all, landmarkNames.length], { gpu: points.gpu });
  const along = (axis: number): Tensor =>
    matmul(slice(points, 2, axis, axis + 1).reshape([batch, all]), means).reshape([batch, landmarkNames.length, 1]);
  return concat([along(0), along(1)], 2);
}
