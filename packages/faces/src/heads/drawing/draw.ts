/**
 * @file Draws posed heads: shadow maps and visible triangles by a rasteriser in compute kernels, then light, labels or
 * the mask.
 */
import { type Constant, type Gpu, type GpuBuffer, linearGrid, type Program } from '@visage/gpu';
import * as kernels from '@visage/kernels';
import { empty } from '@visage/tensor/kernels';
import type { Tensor } from '@visage/tensor';
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
  /** Triangles of the body that the identity moves [triangles, 3], and how far it moves each vertex [vertices]. */
  readonly window: GpuBuffer;
  readonly windowTriangles: number;
  readonly reaches: GpuBuffer;
}

/** Pictures of `size` pixels with `samples` samples a pixel along each axis. */
export interface Raster {
  readonly size: number;
  readonly samples: number;
}

const SHADOW_WORDS = 2 * 256 * 256;

/** Threads that share a triangle: as many as a subgroup has on a CPU, more on GPUs, which hide waiting better. */
const lanesOf = (gpu: Gpu): number => (gpu.adapter.software ? 8 : 16);

/** Some rows of a batch, as many as fit into a binding. */
interface Chunk {
  readonly first: number;
  readonly rows: number;
  readonly constants: Readonly<Record<string, Constant>>;
  readonly visibility: GpuBuffer;
}

function constantsOf(model: DrawingModel, { size, samples }: Raster, first: number): Record<string, Constant> {
  const side = size * samples;
  const hatAt = side * side + SHADOW_WORDS;
  return {
    ...model.constants,
    ...{ FIRST: first, SIZE: size, SAMPLES: samples, SIDE: side, LANES: lanesOf(model.gpu) },
    ...{ VISIBILITY_WORDS: hatAt + 3 * model.hatVertices, SHADOWS_AT: side * side, HAT_AT: hatAt },
    ...{ SLOTS: model.vertexSlots, BODY_SLOTS: model.bodyVertices, HAT_VERTICES: model.hatVertices },
    ...{ TRIANGLE_SLOTS: model.triangles.all, BODY_TRIANGLES: model.triangles.body },
    ...{ HAIR_FIRST: model.triangles.hair, CASTERS: model.triangles.body + model.triangles.above },
    // textures of 512 texels across a head of about 0.4 pictures
    ...{ HAIR_LEVEL: side < 180 ? 2 : side < 500 ? 1 : 0, BROW_LEVEL: side < 200 ? 1 : 0, SKIN_LEVEL: side < 130 ? 1 : 0 },
  };
}

function chunksOf(model: DrawingModel, batch: number, raster: Raster): Chunk[] {
  const { gpu } = model;
  const words = constantsOf(model, raster, 0).VISIBILITY_WORDS as number;
  const most = Math.max(1, Math.floor(gpu.device.limits.maxStorageBufferBindingSize / (4 * words)));
  return Array.from({ length: Math.ceil(batch / most) }, (_, k) => {
    const first = k * most;
    const rows = Math.min(most, batch - first);
    return { first, rows, constants: constantsOf(model, raster, first), visibility: gpu.alloc(4 * words * rows) };
  });
}

const scene = [kernels.headsPerson, kernels.headsView, kernels.headsHead, kernels.headsModel, kernels.headsNoise];
const pixels = [kernels.headsTexture, kernels.headsVisibility, kernels.headsProject];
const cards = [...scene, ...pixels, kernels.headsCards];
const surfaces = [...scene, ...pixels, kernels.headsSpot, kernels.headsLight, kernels.headsSkin];
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

const program = (name: keyof typeof programs, constants: Program['constants']): Program => ({
  name: `heads/${name}`,
  parts: programs[name],
  constants,
});

function clear(gpu: Gpu, buffer: GpuBuffer, words: number, value: number): void {
  gpu.dispatch({
    program: { name: 'heads/clear', parts: [kernels.headsClear], constants: { WORDS: words, VALUE: value } },
    buffers: [buffer],
    grid: linearGrid(Math.ceil(words / 64)),
    replaces: true,
  });
}

/** Fills the keys and shadow maps of a chunk. */
function rasterise(heads: PosedHeads, model: DrawingModel, chunk: Chunk, withShadows: boolean): void {
  const { gpu, triangles } = model;
  const { people, views, positions, carrier } = heads;
  const { rows, constants, visibility } = chunk;
  const lanes = constants.LANES as number;
  const groups = (count: number): [number, number, number] => [Math.ceil((count * lanes) / 64), rows, 1];
  clear(gpu, visibility, visibility.bytes / 4, 0xffffffff);
  if (model.hatVertices > 0)
    gpu.dispatch({
      program: program('hat', constants),
      buffers: [views, carrier, model.buffer, visibility],
      grid: [Math.ceil(model.hatVertices / 64), rows, 1],
    });
  if (withShadows)
    gpu.dispatch({
      program: program('shadow', constants),
      buffers: [people, views, positions, carrier, model.buffer, visibility],
      grid: groups(triangles.body + triangles.above),
    });
  gpu.dispatch({
    program: program('triangles', constants),
    buffers: [people, views, positions, model.buffer, visibility],
    grid: groups(triangles.all),
  });
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
    rasterise(heads, model, chunk, name === 'shade');
    gpu.dispatch({
      program: program(name, chunk.constants),
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
  const constants = { ...constantsOf(model, { size, samples: 1 }, 0), WINDOW_TRIANGLES: windowTriangles };
  clear(gpu, mask.buffer, mask.size, 0);
  gpu.dispatch({
    program: {
      name: 'heads/mask',
      parts: [kernels.headsView, kernels.headsVisibility, kernels.headsProject, kernels.headsMask],
      constants,
    },
    buffers: [views, carrier, model.window, model.reaches, mask.buffer],
    grid: [Math.ceil((windowTriangles * lanesOf(gpu)) / 64), batch, 1],
  });
  return mask;
}
