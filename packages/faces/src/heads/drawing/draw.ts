/**
 * @file Draws posed heads: shadow maps and visible triangles by a rasteriser in compute kernels, then light, labels or
 * the mask.
 */
import { type Constant, type Gpu, type GpuBuffer, linearGrid, type Program } from '@visage/gpu';
import * as kernels from '@visage/kernels';
import type { Tensor } from '@visage/tensor';
import { empty } from '@visage/tensor/kernels';
import type { ModelWords } from './model.ts';

/** Posed heads of a batch on the device, as people and geometry leave them. */
export interface PosedHeads {
  readonly batch: number;
  /** Person [batch]. */
  readonly people: GpuBuffer;
  /** View [batch]. */
  readonly views: GpuBuffer;
  /** vec4f [batch, vertex slots]. */
  readonly positions: GpuBuffer;
  readonly normals: GpuBuffer;
  readonly tangents: GpuBuffer;
  /** vec4f [batch, vertices of the body]: the carrier. */
  readonly carrier: GpuBuffer;
}

/** What drawing keeps on a device. */
export interface DrawingModel extends Omit<ModelWords, 'words'> {
  readonly gpu: Gpu;
  /** `ModelWords.words`. */
  readonly buffer: GpuBuffer;
  /** Triangles of the body that the identity moves [triangles, 3]. */
  readonly window: GpuBuffer;
  readonly windowTriangles: number;
  /**
   * Normal on the mean head of each vertex of the body, and how far identities shift the outline there [vertices, 4].
   */
  readonly reaches: GpuBuffer;
  /** Vertices of the body that are landmarks. */
  readonly landmarks: GpuBuffer;
}

/** Pictures of `size` pixels with `samples` samples a pixel along each axis. */
export interface Raster {
  readonly size: number;
  readonly samples: number;
}

const SHADOW_WORDS = 2 * 256 * 256;
const RASTER_WORDS = 4;

/** Threads that share a triangle: as many as a subgroup has on a CPU, more on GPUs, which hide waiting better. */
const lanesOf = (gpu: Gpu): number => (gpu.adapter.software ? 8 : 16);

/** Some rows of a batch, as many as fit into a binding. */
interface Chunk {
  readonly first: number;
  readonly rows: number;
  /** Words of a picture. */
  readonly words: number;
  readonly visibility: GpuBuffer;
}

/** What all kernels of a model are compiled with; sizes of pictures are not among it. */
const constantsOf = (model: DrawingModel): Record<string, Constant> => ({
  ...model.constants,
  ...{ LANES: lanesOf(model.gpu), SLOTS: model.vertexSlots, BODY_SLOTS: model.bodyVertices },
  ...{ HAT_VERTICES: model.hatVertices, TRIANGLE_SLOTS: model.triangles.all, BODY_TRIANGLES: model.triangles.body },
  ...{ HAIR_FIRST: model.triangles.hair, CASTERS: model.triangles.body + model.triangles.above },
});

function chunksOf(model: DrawingModel, batch: number, { size, samples }: Raster): Chunk[] {
  const { gpu } = model;
  const words = (size * samples) ** 2 + SHADOW_WORDS + 3 * model.hatVertices;
  const most = Math.max(1, Math.floor((gpu.device.limits.maxStorageBufferBindingSize / 4 - RASTER_WORDS) / words));
  return Array.from({ length: Math.ceil(batch / most) }, (_, k) => {
    const first = k * most;
    const rows = Math.min(most, batch - first);
    return { first, rows, words, visibility: gpu.alloc(4 * (RASTER_WORDS + words * rows)) };
  });
}

const scene = [kernels.headsPerson, kernels.headsView, kernels.headsHead, kernels.headsModel, kernels.headsNoise];
const pixels = [kernels.headsTexture, kernels.headsVisibility, kernels.headsProject];
const cards = [...scene, ...pixels, kernels.headsCards];
const surfaces = [
  ...[...scene, ...pixels, kernels.headsSpot, kernels.headsLight, kernels.headsPaint],
  kernels.headsSkin,
];
const programs = {
  hat: [kernels.headsView, kernels.headsHead, kernels.headsVisibility, kernels.headsHat],
  shadow: [...cards, kernels.headsShadow],
  triangles: [...cards, kernels.headsTriangles],
  shade: [
    ...surfaces,
    ...[kernels.headsParts, kernels.headsFront, kernels.headsBackground, kernels.headsDevelop, kernels.headsShade],
  ],
  labels: [...surfaces, kernels.headsFront, kernels.headsLabels],
} as const;

const program = (name: keyof typeof programs, model: DrawingModel): Program => ({
  name: `heads/${name}`,
  parts: programs[name],
  constants: constantsOf(model),
});

function clear(gpu: Gpu, buffer: GpuBuffer, value: number, lead: readonly number[] = []): void {
  const [first = 0, size = 0, samples = 0, words = 0] = lead;
  const constants = { FIRST: first, SIZE: size, SAMPLES: samples, PICTURE_WORDS: words, LEAD: lead.length };
  const count = buffer.bytes / 4;
  gpu.dispatch({
    program: {
      name: 'heads/clear',
      parts: [kernels.headsClear],
      constants: { WORDS: count, VALUE: value, ...constants },
    },
    buffers: [buffer],
    grid: linearGrid(Math.ceil(count / 64)),
    replaces: true,
  });
}

/** Fills the keys and shadow maps of a chunk. */
function rasterise(heads: PosedHeads, model: DrawingModel, chunk: Chunk, raster: Raster, withShadows: boolean): void {
  const { gpu, triangles } = model;
  const { people, views, positions, carrier } = heads;
  const { first, rows, words, visibility } = chunk;
  const lanes = lanesOf(gpu);
  const groups = (count: number): [number, number, number] => [Math.ceil((count * lanes) / 64), rows, 1];
  clear(gpu, visibility, 0xffffffff, [first, raster.size, raster.samples, words]);
  if (model.hatVertices > 0)
    gpu.dispatch({
      program: program('hat', model),
      buffers: [views, carrier, model.buffer, visibility],
      grid: [Math.ceil(model.hatVertices / 64), rows, 1],
    });
  if (withShadows)
    gpu.dispatch({
      program: program('shadow', model),
      buffers: [people, views, positions, carrier, model.buffer, visibility],
      grid: groups(triangles.body + triangles.above),
    });
  gpu.dispatch({
    program: program('triangles', model),
    buffers: [people, views, positions, model.buffer, visibility],
    grid: groups(triangles.all),
  });
}

/** The words of kernels/heads/visibility.wgsl for a batch that fits into one binding: what tests look into. */
export function rasterised(heads: PosedHeads, model: DrawingModel, raster: Raster): GpuBuffer {
  const [chunk] = chunksOf(model, heads.batch, raster) as [Chunk];
  rasterise(heads, model, chunk, raster, true);
  return chunk.visibility;
}

function perPixel(
  name: 'shade' | 'labels',
  channels: number,
  heads: PosedHeads,
  model: DrawingModel,
  raster: Raster,
): Tensor {
  const { gpu } = model;
  const { people, views, positions, normals, tangents, batch } = heads;
  const out = empty(gpu, [batch, raster.size, raster.size, channels]);
  const across = Math.ceil(raster.size / 8);
  for (const chunk of chunksOf(model, batch, raster)) {
    rasterise(heads, model, chunk, raster, name === 'shade');
    gpu.dispatch({
      program: program(name, model),
      buffers: [people, views, positions, normals, tangents, model.buffer, chunk.visibility, out.buffer],
      grid: [across, across, chunk.rows],
    });
  }
  return out;
}

/** The pictures [batch, size, size, 3], RGB in [0, 1]. */
export function drawPictures(heads: PosedHeads, model: DrawingModel, raster: Raster): Tensor {
  return perPixel('shade', 3, heads, model, raster);
}

/** Class and depth of every pixel [batch, size, size, 2]; kernels/heads/labels.wgsl says what they mean. */
export function drawLabels(heads: PosedHeads, model: DrawingModel, raster: Raster): Tensor {
  return perPixel('labels', 2, heads, model, raster);
}

/** What of each picture the identity may change [batch, size, size, 1]: 1 there, else 0. */
export function drawMasks(heads: PosedHeads, model: DrawingModel, size: number): Tensor {
  const { gpu, windowTriangles } = model;
  const { views, carrier, batch } = heads;
  const mask = empty(gpu, [batch, size, size, 1]);
  clear(gpu, mask.buffer, 0);
  gpu.dispatch({
    program: {
      name: 'heads/mask',
      parts: [kernels.headsView, kernels.headsVisibility, kernels.headsProject, kernels.headsMask],
      constants: { SIZE: size, BODY_SLOTS: model.bodyVertices, WINDOW_TRIANGLES: windowTriangles, LANES: lanesOf(gpu) },
    },
    buffers: [views, carrier, model.window, model.reaches, mask.buffer],
    grid: [Math.ceil((windowTriangles * lanesOf(gpu)) / 64), batch, 1],
  });
  return mask;
}

/** Which landmarks are seen [batch, landmarks]; `labels` are those of {@link drawLabels}. */
export function drawVisible(heads: PosedHeads, model: DrawingModel, labels: Tensor, size: number): Tensor {
  const { gpu, landmarks, vertexSlots } = model;
  const { views, positions, batch } = heads;
  const count = landmarks.bytes / 4;
  const visible = empty(gpu, [batch, count]);
  gpu.dispatch({
    program: {
      name: 'heads/visible',
      parts: [kernels.headsView, kernels.headsVisibility, kernels.headsProject, kernels.headsVisible],
      constants: { SIZE: size, SLOTS: vertexSlots, LANDMARKS: count },
    },
    buffers: [views, positions, labels.buffer, landmarks, visible.buffer],
    grid: [Math.ceil(count / 64), batch, 1],
  });
  return visible;
}
