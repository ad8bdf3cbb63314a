/**
 * @file Shapes mesh heads on the GPU: weights of morph targets and parameters of people become the vertices, normals
 * and cameras of pictures. Nothing is read back, so a recorded step replays with other people.
 */
import { ArgumentError, currentGpu, type Gpu, type GpuBuffer, type Program, VisageError } from '@visage/gpu';
import * as kernels from '@visage/kernels';
import { scope, type Tensor, tensor } from '@visage/tensor';
import { checkShape, empty } from '@visage/tensor/kernels';
import type { HeadAsset } from '../asset/headAsset.ts';
import { personFloats } from '../people/layout.ts';
import type { HeadLayout } from './layout.ts';
import { headTables } from './tables.ts';

/** Floats of the struct View of kernels/heads/view.wgsl. */
export const viewFloats = 96;

/** The shapes of a batch of pictures. */
export interface HeadShapes {
  /** Posed vertices and their window weights [batch, slots, 4]. Slots that no style fills are left alone. */
  readonly positions: Tensor;
  /** Unit normals and ambient occlusion [batch, slots, 4]. */
  readonly normals: Tensor;
  /** Smoothed normals, strands of hair, height above the centre of the eye [batch, slots, 4]. */
  readonly tangents: Tensor;
  /** Posed vertices of the carrier's body [batch, body vertices, 4]. */
  readonly carrier: Tensor;
  /** Struct View of kernels/heads/view.wgsl [batch, 96]. */
  readonly views: Tensor;
  /** The joined head and the carrier before the head turns [batch, 2, base vertices, 4]. */
  readonly heads: Tensor;
}

/** What {@link HeadModel.shape} shapes. */
export interface HeadBatch {
  /** Struct Person of kernels/heads/person.wgsl [batch, 188]. */
  readonly people: Tensor;
  /** Weights of the morph targets of face and carrier [batch, 2, targets]. */
  readonly weights: Tensor;
}

const sine = kernels.pointwiseSine;

/**
 * The shape of an asset's heads on one device. Make it outside of recorded steps; its tables, about 8 MB, stay until
 * {@link HeadModel.dispose}.
 *
 * @throws VisageError inside a recorded step, ArgumentError for an asset whose parts are not complete.
 */
export class HeadModel {
  readonly gpu: Gpu;
  readonly layout: HeadLayout;
  /** The constants with which kernels/heads/tables.wgsl reads {@link HeadModel.tables}. */
  readonly constants: Readonly<Record<string, number>>;
  /** See kernels/heads/tables.wgsl. */
  readonly tables: GpuBuffer;
  readonly #morphs: GpuBuffer;

  constructor(asset: HeadAsset, gpu: Gpu = currentGpu()) {
    if (gpu.tracing)
      throw new VisageError('HeadModel: its tables outlive a recorded step; make it before recordStep() begins');
    const { layout, constants, tables, morphs } = headTables(asset);
    this.gpu = gpu;
    this.layout = layout;
    this.constants = constants;
    this.tables = gpu.upload(tables);
    this.#morphs = gpu.upload(morphs);
    for (const buffer of [this.tables, this.#morphs]) gpu.adopt(buffer);
  }

  /**
   * Shapes a batch in seven launches: morph, fit to the seam, join, frame, follow and pose, normals, slots. About
   * 10 MFLOP and 1.7 MB a picture.
   *
   * @throws ArgumentError for tensors of other shapes.
   */
  shape({ people, weights }: HeadBatch): HeadShapes {
    const { baseVertices, points, bodyPoints, slots, bodyVertices, targets } = this.layout;
    checkShape('HeadModel', 'people', people.shape, [null, personFloats], 'Rows are structs Person');
    const batch = people.dim(0);
    checkShape('HeadModel', 'weights', weights.shape, [batch, 2, targets], 'Rows are the face and the carrier');
    this.#checkFits(batch);
    const { gpu } = this;
    return scope(() => {
      const heads = empty(gpu, [batch, 2, baseVertices, 4]);
      const fits = empty(gpu, [batch, 2, 4]);
      const views = empty(gpu, [batch, viewFloats]);
      const placed = empty(gpu, [batch, points + bodyPoints, 4]);
      const folds = empty(gpu, [batch, points + bodyPoints, 4]);
      const [positions, normals, tangents] = [0, 1, 2].map(() => empty(gpu, [batch, slots, 4])) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const carrier = empty(gpu, [batch, bodyVertices, 4]);
      const grid = (threads: number): [number, number, number] => [Math.ceil(threads / 64), batch, 1];
      gpu.dispatch({
        program: this.#program('morph', [kernels.headsMorph]),
        buffers: [weights.buffer, this.#morphs, heads.buffer],
        grid: grid(baseVertices),
        flops: 12 * this.#entries * batch,
      });
      this.#launch('fit', [kernels.headsFit], [heads, fits], [batch, 1, 1]);
      this.#launch('join', [kernels.headsJoin], [fits, heads], grid(baseVertices));
      const posing = [kernels.headsPerson, kernels.headsView, kernels.headsPose, kernels.headsPoint];
      const framing = [sine, kernels.headsTurn, ...posing, kernels.headsFrame];
      this.#launch('frame', framing, [people, heads, views], [batch, 1, 1]);
      const placing = [...posing, kernels.headsPlacedPoint, kernels.headsFollow];
      this.#launch('follow', placing, [people, heads, views, placed], grid(points + bodyPoints));
      const reading = [kernels.headsPerson, kernels.headsSource];
      const folding = [...reading, kernels.headsPlacedPoint, kernels.headsNormals];
      this.#launch('normals', folding, [people, placed, folds], grid(points + bodyPoints));
      const filling = [people, placed, folds, positions, normals, tangents, carrier];
      this.#launch('slots', [...reading, kernels.headsSlots], filling, grid(slots + bodyVertices));
      return { positions, normals, tangents, carrier, views, heads };
    });
  }

  /** The landmarks of pictures of `size` pixels [batch, 68, 2]: x right, y down; centres of pixels lie at + 0.5. */
  landmarks({ heads, views }: Pick<HeadShapes, 'heads' | 'views'>, size: number): Tensor {
    const count = this.constants.LANDMARKS as number;
    const batch = views.dim(0);
    return scope(() => {
      const marks = empty(this.gpu, [batch, count, 2]);
      const parts = [kernels.headsView, kernels.headsPose, kernels.headsLandmarks];
      const side = tensor(Float32Array.of(size), [1], { gpu: this.gpu });
      this.#launch('landmarks', parts, [heads, views, side, marks], [Math.ceil(count / 64), batch, 1]);
      return marks;
    });
  }

  /** Frees the tables. */
  dispose(): void {
    for (const buffer of [this.tables, this.#morphs]) this.gpu.release(buffer);
  }

  get #entries(): number {
    return this.#morphs.bytes / 8 - 2 * this.layout.baseVertices;
  }

  /** A batch whose largest tensor is larger than a binding may be is refused before anything is launched. */
  #checkFits(batch: number): void {
    const { slots, points, bodyPoints, baseVertices } = this.layout;
    const each = 16 * Math.max(slots, points + bodyPoints, 2 * baseVertices);
    const most = Math.floor(this.gpu.device.limits.maxStorageBufferBindingSize / each);
    if (batch > most)
      throw new ArgumentError(
        'HeadModel',
        'people',
        `${batch} rows`,
        `at most ${most} on this device`,
        'Split the batch',
      );
  }

  #program(name: string, parts: readonly string[]): Program {
    const aliases: Record<string, string> = parts.includes(sine) ? { V: 'f32', U: 'u32' } : {};
    return { name: `heads/${name}`, parts, constants: this.constants, aliases };
  }

  /** Launches a kernel that reads the tables first. */
  #launch(name: string, parts: readonly string[], tensors: readonly Tensor[], grid: [number, number, number]): void {
    const program = this.#program(name, [kernels.headsTables, ...parts]);
    this.gpu.dispatch({ program, buffers: [this.tables, ...tensors.map(({ buffer }) => buffer)], grid });
  }
}
