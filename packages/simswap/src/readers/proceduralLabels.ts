/** @file Procedural faces with labels of their pixels, and of their points. */
import { landmarkNames, landmarksOf, renderMaterials } from '@visage/faces';
import { keep, type Tensor, zeros } from '@visage/tensor';
import {
  type LabelledData,
  type LabelledPictures,
  ProceduralFaces,
  type ProceduralLabelsOptions,
} from '../training/labelledData.ts';

/** Procedural faces with maps of what each pixel shows, [batch, size, size, 1] f32: numbers of `materialNames`. */
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
    const labels = this.#faces.rendered(({ identities, attributes, level }) =>
      renderMaterials({ identities, attributes, size: this.imageSize, level }),
    );
    return { images: this.#faces.faces(), labels };
  }

  load(step: number): void {
    this.#faces.load(step);
  }

  dispose(): void {
    this.#faces.dispose();
  }
}

/** For each of `landmarkNames` the number of its mirror image. */
export const landmarkMirror: readonly number[] = landmarkNames.map((name) => {
  const other = name.startsWith('left') ? name.replace('left', 'right') : name.replace('right', 'left');
  return (landmarkNames as readonly string[]).indexOf(other);
});

/** Procedural faces with their landmarks, [batch, points, 2]: x and y as shares of the side, as `landmarkNames`. */
export class ProceduralPoints implements LabelledData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly #faces: ProceduralFaces;
  readonly #points: Tensor;

  /** @throws ArgumentError for an option that there is not, or a value that is out of range. */
  constructor(options: ProceduralLabelsOptions) {
    this.#faces = new ProceduralFaces('ProceduralPoints', options);
    this.batchSize = options.batchSize;
    this.imageSize = options.imageSize;
    this.#points = keep(zeros([options.batchSize, landmarkNames.length, 2], { gpu: options.gpu }));
  }

  batch(): LabelledPictures {
    return { images: this.#faces.faces(), labels: this.#points };
  }

  load(step: number): void {
    const { identities, attributes } = this.#faces.load(step);
    const values = this.#faces.parts.flatMap(({ level, first, rows }) =>
      Array.from({ length: rows }, (_, k) => {
        const [identity, attribute] = [identities[first + k], attributes[first + k]] as [number, number];
        const points = landmarksOf({ identity, attributes: attribute, level }, 1);
        return landmarkNames.flatMap((name) => [points[name].x, points[name].y]);
      }).flat(),
    );
    this.#points.write(Float32Array.from(values));
  }

  dispose(): void {
    this.#faces.dispose();
    this.#points.dispose();
  }
}
