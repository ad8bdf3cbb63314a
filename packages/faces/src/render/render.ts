/**
 * @file Renders faces on the GPU. Two integers name a face. Levels L0 to L3 are procedural faces: three kernels turn a
 * batch into pixels, which draw the factors, derive matrices and colours, and trace. Levels M0 to M4 are mesh heads.
 * Rendering identity i with attributes a is the exact true swap of i into a, unless `factorSplit` is `whole`.
 */
import {
  ArgumentError,
  checkInteger,
  checkOneOf,
  checkOptions,
  currentGpu,
  type Gpu,
  type OptionKeys,
  type Program,
  showValue,
} from '@visage/gpu';
import * as kernels from '@visage/kernels';
import { scope, Tensor } from '@visage/tensor';
import { checkDType, checkShape, empty } from '@visage/tensor/kernels';
import { type HeadLabels, type Heads, headsOn } from '../heads/drawing/heads.ts';
import { type FactorSplit, factorSplits } from '../heads/people/factors.ts';
import type { HeadCrop } from '../heads/people/levels.ts';
import type { PeopleBatch } from '../heads/people/people.ts';
import type { Factor, FactorName } from '../sampling/factors.ts';
import { factors } from '../sampling/factors.ts';
import { factorTable, isHeadLevel, type Level, levelNames, meanIdentityTable } from '../sampling/levels.ts';

/** A batch of faces to render. */
export interface FaceBatch {
  /** Identity numbers [batch]; a u32 tensor from outside a recorded step can be overwritten between its runs. */
  readonly identities: Uint32Array | Tensor;
  /** Attribute numbers [batch]. */
  readonly attributes: Uint32Array | Tensor;
  /** Side of the square image in pixels, 16 to 1024. */
  readonly size: number;
  /** Seed of the endless set of faces. Default 0. */
  readonly seed?: number;
  /** Default `L1`. */
  readonly level?: Level;
  /** Of mesh heads only: the face as photographs are cropped for a swapper (default), or the whole head. */
  readonly crop?: HeadCrop;
  /**
   * Of mesh heads only: whether a person keeps the face alone from picture to picture (`swap`, default) or the whole
   * head. Masks, mean faces and exact swaps are of `swap`.
   */
  readonly factorSplit?: FactorSplit;
  /** Samples of a pixel along each axis, 1 to 4. Default 2 for mesh heads, else 1; 2 for pictures to look at. */
  readonly samples?: number;
  /** Default: the device of the numbers, if they are tensors, else the current one. */
  readonly gpu?: Gpu;
}

/** What a {@link FaceBatch} has. */
export const FACE_BATCH: OptionKeys<FaceBatch> = {
  identities: true,
  attributes: true,
  size: true,
  seed: true,
  level: true,
  crop: true,
  factorSplit: true,
  samples: true,
  gpu: true,
};

const factorCount = Object.keys(factors).length;
const derivedFloats = 36;
const faceFloats = Math.ceil((derivedFloats + factorCount) / 4) * 4; // array stride of the WGSL struct Face
const shapeCodes = { uniform: 0, normal: 1, chance: 2 } as const;

/** One row (a, b, c, stream + 2 shape) per factor, as kernels/faces/draw.wgsl reads it. */
function tableRows(table: readonly [FactorName, Factor][]): Float32Array {
  const rows = table.map(([, { a, b, c, stream, shape }]) => {
    return [a, b, c, (stream === 'attribute' ? 1 : 0) + 2 * shapeCodes[shape]];
  });
  return new Float32Array(rows.flat());
}

/** Where a batch is rendered: where its numbers are, if they are tensors. */
function deviceOf({ gpu, identities, attributes }: FaceBatch): Gpu {
  const numbers = [identities, attributes].find((x) => x instanceof Tensor);
  return gpu ?? numbers?.gpu ?? currentGpu();
}

const count = (x: Uint32Array | Tensor): number => (x instanceof Tensor ? x.size : x.length);

function checkBatch(op: string, batch: FaceBatch): number {
  checkOptions(op, batch, FACE_BATCH);
  const { identities, attributes, size, samples = 1, seed = 0 } = batch;
  for (const [name, x] of Object.entries({ identities, attributes })) {
    if (x instanceof Tensor) {
      checkDType(op, name, x, 'u32');
      checkShape(op, name, x.shape, [null], 'One number for each face');
    } else if (!(x instanceof Uint32Array))
      throw new ArgumentError(op, name, showValue(x), 'a Uint32Array or a tensor [batch] of u32');
  }
  const [rows, others] = [count(identities), count(attributes)];
  if (rows < 1 || rows !== others) {
    throw new ArgumentError(op, 'attributes', `${others} numbers`, `${Math.max(rows, 1)}, one per identity`);
  }
  checkInteger(op, 'size', size, 16, 1024);
  checkInteger(op, 'samples', samples, 1, 4);
  checkInteger(op, 'seed', seed, 0, 0xffffffff);
  checkOneOf('faces', 'level', batch.level ?? 'L1', levelNames);
  checkOneOf(op, 'factorSplit', batch.factorSplit ?? 'swap', factorSplits);
  return rows;
}

/** The parameters of each face [batch, faceFloats]: factors drawn, matrices and colours derived. */
function drawFaces(batch: FaceBatch, table: Float32Array, gpu: Gpu): Tensor {
  const { identities, attributes, seed = 0 } = batch;
  const rows = count(identities);
  const numbers = (x: Uint32Array | Tensor) => (x instanceof Tensor ? x.buffer : gpu.upload(x));
  const faces = empty(gpu, [rows, faceFloats]);
  const draw: Program = {
    name: 'faces/draw',
    parts: [kernels.randomPhilox, kernels.facesDraw],
    constants: { SEED: seed, FACTORS: factorCount, FACE_FLOATS: faceFloats, DERIVED_FLOATS: derivedFloats },
  };
  const derive: Program = { name: 'faces/derive', parts: [kernels.facesFace, kernels.facesDerive] };
  gpu.dispatch({
    program: draw,
    buffers: [numbers(identities), numbers(attributes), gpu.upload(table), faces.buffer],
    grid: [Math.ceil(factorCount / 8), rows, 1],
  });
  gpu.dispatch({ program: derive, buffers: [faces.buffer], grid: [Math.ceil(rows / 8), 1, 1] });
  return faces;
}

/** One of the per-pixel kernels. */
interface PixelKernel {
  readonly op: string;
  readonly channels: number;
  readonly parts: readonly string[];
  readonly constants?: Program['constants'];
}

/** Draws the faces of `batch` and runs a per-pixel kernel over them. */
function renderWith({ op, channels, parts, constants }: PixelKernel, batch: FaceBatch, table?: Float32Array): Tensor {
  const rows = checkBatch(op, batch);
  const gpu = deviceOf(batch);
  const { size } = batch;
  // A ray creeps along silhouettes in steps of about a pixel, so larger images need more of them.
  const steps = size <= 128 ? 28 : 40;
  return scope(() => {
    const faces = drawFaces(batch, table ?? tableRows(factorTable(batch.level ?? 'L1')), gpu);
    const out = empty(gpu, [rows, size, size, channels]);
    gpu.dispatch({
      program: { name: `faces/${op}`, parts, constants: { SIZE: size, STEPS: steps, ...constants } },
      buffers: [faces.buffer, out.buffer],
      grid: [Math.ceil(size / 8), size, rows],
    });
    return out;
  });
}

/** The heads that a batch shows, if it shows mesh heads. */
function headsOf(op: string, batch: FaceBatch, mean = false): { heads: Heads; people: PeopleBatch } | undefined {
  checkBatch(op, batch);
  const { identities, attributes, seed, level = 'L1', crop, factorSplit = 'swap' } = batch;
  if (isHeadLevel(level)) {
    const people = { identities, attributes, seed, level, crop, factorSplit, mean };
    return { heads: headsOn(op, deviceOf(batch)), people };
  }
  const only = 'Procedural faces of levels L0 to L3 have one';
  if (crop !== undefined) throw new ArgumentError(op, 'crop', showValue(crop), 'nothing', `${only} crop`);
  if (factorSplit !== 'swap')
    throw new ArgumentError(op, 'factorSplit', showValue(factorSplit), "'swap'", `${only} split of their factors`);
  return undefined;
}

/** @throws ArgumentError for people whose heads are theirs: nothing of a swap is exact with them. */
function checkSwaps(op: string, { factorSplit = 'swap' }: FaceBatch): void {
  if (factorSplit === 'whole')
    throw new ArgumentError(
      op,
      'factorSplit',
      "'whole'",
      "'swap'",
      'Only with it the attributes decide all but the face, and swaps are exact; leave factorSplit out',
    );
}

const scene = [kernels.facesFace, kernels.facesSdf, kernels.facesCamera, kernels.facesPaint];

const colorKernel = (samples = 1): PixelKernel => ({
  op: 'render',
  channels: 3,
  parts: [...scene, kernels.facesShading, kernels.facesSurroundings, kernels.facesRender],
  constants: { SAMPLES: samples, SHADOW_STEPS: 5 },
});

/**
 * Renders faces: RGB in [0, 1], [batch, size, size, 3].
 *
 * Image n shows identity `identities[n]` under attributes `attributes[n]`. Same numbers, seed, level, size and adapter:
 * same bits.
 *
 * @throws ArgumentError when the two index lists differ in length or an option is out of range.
 */
export function renderFaces(batch: FaceBatch): Tensor {
  const shown = headsOf('render', batch);
  if (shown) return shown.heads.pictures(shown.people, batch.size, batch.samples ?? 2);
  return renderWith(colorKernel(batch.samples), batch);
}

/**
 * As {@link renderFaces}, but every face has the mean identity: what a swapper that ignores its source can do at best.
 *
 * @throws ArgumentError for the split `whole`, in which the attributes decide no head to set a face into.
 */
export function renderMeanFaces(batch: FaceBatch): Tensor {
  checkSwaps('renderMeanFaces', batch);
  const shown = headsOf('render', batch, true);
  if (shown) return shown.heads.pictures(shown.people, batch.size, batch.samples ?? 2);
  return renderWith(colorKernel(batch.samples), batch, tableRows(meanIdentityTable(batch.level ?? 'L1')));
}

/**
 * The inner-face mask [batch, size, size, 1]: 1 where the face of any identity may show under these attributes, 0
 * elsewhere.
 *
 * It depends on the attributes alone, so a target, its swap and the exact truth share one mask. Changes of the outline
 * lie inside.
 *
 * @throws ArgumentError for the split `whole`, whose pictures share no mask.
 */
export function renderMasks(batch: FaceBatch): Tensor {
  checkSwaps('renderMasks', batch);
  const shown = headsOf('mask', batch);
  if (shown) return shown.heads.masks(shown.people, batch.size);
  return renderWith(
    { op: 'mask', channels: 1, parts: [...scene, kernels.facesSurroundings, kernels.facesMask] },
    batch,
  );
}

/** Names of the classes that {@link renderMaterials} writes, by number. */
export const materialNames = [
  'background',
  'skin',
  'eye',
  'lips',
  'mouth',
  'brow',
  'hair',
  'mark',
  'clothes',
  'glasses',
  'occluder',
] as const;

/** The parse map [batch, size, size, 1]: per pixel the number of its class in {@link materialNames}. */
export function renderMaterials(batch: FaceBatch): Tensor {
  const shown = headsOf('materials', batch);
  if (shown) return shown.heads.materials(shown.people, batch.size);
  return renderWith(
    { op: 'materials', channels: 1, parts: [...scene, kernels.facesSurroundings, kernels.facesMaterials] },
    batch,
  );
}

/**
 * All that is known of mesh heads, as tensors: landmarks and which are seen, classes, depth, pose, gaze, expression and
 * light.
 *
 * @throws ArgumentError for a level of procedural faces, whose labels are in `landmarksOf`, `poseOf` and `faceFactors`.
 */
export function renderHeadLabels(batch: FaceBatch): HeadLabels {
  const shown = headsOf('renderHeadLabels', batch);
  if (shown) return shown.heads.labels(shown.people, batch.size);
  throw noHeads('renderHeadLabels', batch, 'Labels of procedural faces: landmarksOf, poseOf, faceFactors');
}

/**
 * The 68 landmarks of mesh heads alone, as {@link renderHeadLabels} gives them [batch, 68, 2]: nothing is drawn.
 *
 * @throws ArgumentError for a level of procedural faces, whose landmarks are in `landmarksOf`.
 */
export function renderHeadLandmarks(batch: FaceBatch): Tensor {
  const shown = headsOf('renderHeadLandmarks', batch);
  if (shown) return shown.heads.landmarks(shown.people, batch.size);
  throw noHeads('renderHeadLandmarks', batch, 'Landmarks of procedural faces: landmarksOf');
}

const noHeads = (op: string, { level = 'L1' }: FaceBatch, instead: string): ArgumentError =>
  new ArgumentError(op, 'level', showValue(level), 'M0 to M4', instead);
