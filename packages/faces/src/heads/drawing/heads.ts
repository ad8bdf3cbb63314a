/** @file The heads of an asset on a device: two integers of u32 in, pictures, masks and labels out. */
import { ArgumentError, currentGpu, type Gpu, showValue } from '@visage/gpu';
import { scope, slice, type Tensor } from '@visage/tensor';
import type { HeadAsset } from '../asset/headAsset.ts';
import { HeadModel, type HeadShapes } from '../geometry/headModel.ts';
import { type DrawnPeople, People, type PeopleBatch } from '../people/people.ts';
import { type DrawingModel, drawLabels, drawMasks, drawPictures, drawVisible, type PosedHeads } from './draw.ts';
import { releaseModel, uploadModel } from './upload.ts';

/** What is known of the heads of a batch, as tensors: it can be used in a recorded step. */
export interface HeadLabels {
  /** The 68 landmarks of the iBUG scheme [batch, 68, 2] in pixels: x right, y down; centres of pixels lie at halves. */
  readonly landmarks: Tensor;
  /** 1 where a landmark is seen, 0 where something hides it or it lies outside of the picture [batch, 68]. */
  readonly visible: Tensor;
  /** Numbers of classes, as of `renderMaterials` [batch, size, size, 1]. */
  readonly materials: Tensor;
  /** Distance from the camera along its axis in decimetres [batch, size, size, 1]; 0 where no head is seen. */
  readonly depth: Tensor;
  /** Yaw to the viewer's right, pitch downwards, roll counter-clockwise, in radians [batch, 3]. */
  readonly pose: Tensor;
  /** Direction of the gaze: to the side and up, in radians in the frame of the head [batch, 2]. */
  readonly gaze: Tensor;
  /** How far each eye turns from there towards the nose, in radians [batch, 1]. */
  readonly crossing: Tensor;
  /** Weights of the units of expression [batch, units], in the order of {@link headExpressions}. */
  readonly expression: Tensor;
  /**
   * Unit vector to the key light, and the radius of its penumbra [batch, 4]; its colour and the environment's share.
   */
  readonly key: Tensor;
  readonly keyColor: Tensor;
  /** Irradiance of the environment over pi: nine spherical harmonics [batch, 9, 4], RGB and unused. */
  readonly irradiance: Tensor;
}

/** Where members of the struct Person lie, in floats. */
const member = { pose: 0, crossing: 3, gaze: 4, key: 12, keyColor: 16, irradiance: 24 } as const;

const isExpression = (name: string): boolean => name.startsWith('expression/');

/** A batch of people and its shapes. */
interface Shaped extends DrawnPeople, HeadShapes {}

/** The heads of an asset on one device; about 60 MB stay there until {@link Heads.dispose}. */
export class Heads {
  readonly gpu: Gpu;
  readonly #people: People;
  readonly #shapes: HeadModel;
  readonly #model: DrawingModel;
  readonly #expressions: readonly [first: number, end: number];

  constructor(
    readonly asset: HeadAsset,
    gpu: Gpu,
  ) {
    this.gpu = gpu;
    this.#people = new People(asset, gpu);
    this.#shapes = new HeadModel(asset, gpu);
    this.#model = uploadModel(asset, gpu);
    const first = asset.targets.names.findIndex(isExpression);
    this.#expressions = [first, first + headExpressions(asset).length];
  }

  /** Pictures [batch, size, size, 3], RGB in [0, 1], with `samples`² samples a pixel. */
  pictures(batch: PeopleBatch, size: number, samples: number): Tensor {
    return scope(() => drawPictures(posed(this.#shape(batch)), this.#model, { size, samples }));
  }

  /** What the identity may change [batch, size, size, 1]: 1 there, else 0. */
  masks(batch: PeopleBatch, size: number): Tensor {
    return scope(() => drawMasks(posed(this.#shape(batch)), this.#model, size));
  }

  /** Class of every pixel [batch, size, size, 1]. */
  materials(batch: PeopleBatch, size: number): Tensor {
    return scope(() => slice(drawLabels(posed(this.#shape(batch)), this.#model, { size, samples: 1 }), 3, 0, 1));
  }

  /** The landmarks [batch, 68, 2], as in {@link HeadLabels}. */
  landmarks(batch: PeopleBatch, size: number): Tensor {
    return scope(() => this.#shapes.landmarks(this.#shape(batch), size));
  }

  /** All labels of a batch. */
  labels(batch: PeopleBatch, size: number): HeadLabels {
    return scope(() => {
      const shaped = this.#shape(batch);
      const heads = posed(shaped);
      const labels = drawLabels(heads, this.#model, { size, samples: 1 });
      const { people, weights } = shaped;
      const of = (from: number, count: number) => slice(people, 1, from, from + count);
      const expression = slice(slice(weights, 1, 1, 2), 2, ...this.#expressions);
      return {
        landmarks: this.#shapes.landmarks(shaped, size),
        visible: drawVisible(heads, this.#model, labels, size),
        materials: slice(labels, 3, 0, 1),
        depth: slice(labels, 3, 1, 2),
        pose: of(member.pose, 3),
        gaze: of(member.gaze, 2),
        crossing: of(member.crossing, 1),
        expression: expression.reshape([heads.batch, expression.dim(2)]),
        key: of(member.key, 4),
        keyColor: of(member.keyColor, 4),
        irradiance: of(member.irradiance, 36).reshape([heads.batch, 9, 4]),
      };
    });
  }

  #shape(batch: PeopleBatch): Shaped {
    const drawn = this.#people.draw(batch);
    return { ...drawn, ...this.#shapes.shape(drawn) };
  }

  /** Frees the tables and textures. */
  dispose(): void {
    this.#people.dispose();
    this.#shapes.dispose();
    releaseModel(this.#model);
  }
}

const posed = ({ people, views, positions, normals, tangents, carrier }: Shaped): PosedHeads => ({
  batch: people.dim(0),
  ...{ people: people.buffer, views: views.buffer, carrier: carrier.buffer },
  ...{ positions: positions.buffer, normals: normals.buffer, tangents: tangents.buffer },
});

let used: HeadAsset | undefined;
const onDevices = new WeakMap<Gpu, Heads>();

/**
 * Gives the mesh heads of levels M0 to M4 their asset, and puts it on a device. In Node `loadHeads()` reads the asset
 * that ships with this package; in a browser fetch its two files ({@link headAssetFiles}) and read them with
 * {@link readHeadAsset}.
 *
 * @param gpu default: the current device. Other devices get the asset when they first render.
 * @throws ArgumentError for what is no asset, and for an asset whose parts are not complete.
 */
export function useHeads(asset: HeadAsset, gpu: Gpu = currentGpu()): void {
  if (!asset?.textures || !asset.parts) {
    const hint = 'Give what readHeadAsset() resolves to, with await before it';
    throw new ArgumentError('useHeads', 'asset', showValue(asset), 'a head asset', hint);
  }
  used = asset;
  headsOn('useHeads', gpu);
}

/** The heads on a device. @throws ArgumentError that names `op` if no asset was given yet. */
export function headsOn(op: string, gpu: Gpu): Heads {
  if (!used)
    throw new ArgumentError(
      op,
      'level',
      'a level of mesh heads, whose asset is not there yet',
      'an asset first',
      'Call await loadHeads() from @visage/faces/node, or useHeads(asset) in a browser',
    );
  const known = onDevices.get(gpu);
  if (known?.asset === used) return known;
  known?.dispose();
  const heads = new Heads(used, gpu);
  onDevices.set(gpu, heads);
  return heads;
}

/** Names of the units of expression, in the order of `HeadLabels.expression`. */
export const headExpressions = ({ targets }: HeadAsset): string[] => targets.names.filter(isExpression);
