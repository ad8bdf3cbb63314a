/** @file A head of a few triangles with noise for textures, for tests of the rasteriser and the shading. */
import type { Gpu } from '@visage/gpu';
import type { HeadAsset, HeadPart, PartKind, TextureLayers } from '../../packages/faces/src/heads/asset/headAsset.ts';
import { drawLabels, drawMasks, drawPictures, drawVisible } from '../../packages/faces/src/heads/drawing/draw.ts';
import { packModel } from '../../packages/faces/src/heads/drawing/model.ts';
import { viewFloats } from '../../packages/faces/src/heads/geometry/headModel.ts';
import { personFloats } from '../../packages/faces/src/heads/people/layout.ts';

/** Numbers in [0, 1) that look random: a linear congruential generator. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function layers(seed: number, count: number, size: number, channels: number): TextureLayers {
  const next = numbers(seed);
  const bytes = Uint8Array.from({ length: count * size * size * channels }, () => Math.floor(256 * next()));
  return { names: Array.from({ length: count }, (_, k) => `layer ${k}`), height: size, width: size, channels, bytes };
}

function part(kind: PartKind, name: string, vertices: number, triangles: number[], next: () => number): HeadPart {
  return {
    kind,
    name,
    refs: new Uint16Array(3 * vertices),
    weights: Float32Array.from({ length: 3 * vertices }, (_, k) => (k % 3 === 0 ? 1 : 0)),
    offsets: new Float32Array(3 * vertices),
    vertex: Uint16Array.from({ length: vertices }, (_, k) => k),
    uv: Float32Array.from({ length: 2 * vertices }, next),
    triangles: Uint16Array.from(triangles),
  };
}

/** `triangles` triangles between three vertices each. */
const soup = (triangles: number): number[] => Array.from({ length: 3 * triangles }, (_, k) => k);

/** Parts of loose triangles: 40 of the body, two styles of brows and three of hair. */
export function tinyHead(): HeadAsset {
  const next = numbers(5);
  const loose = (kind: PartKind, name: string, count: number) => part(kind, name, 3 * count, soup(count), next);
  return {
    base: new Float32Array(3),
    targets: {
      names: [],
      start: new Uint32Array(1),
      index: new Uint16Array(0),
      delta: new Int16Array(0),
    },
    parts: [
      loose('body', 'body', 40),
      loose('eyes', 'eyes', 4),
      loose('teeth', 'teeth', 2),
      loose('tongue', 'tongue', 1),
      loose('brows', 'a', 2),
      loose('brows', 'b', 3),
      loose('lashes', 'a', 2),
      loose('hair', 'a', 5),
      loose('hair', 'b', 9),
      loose('hair', 'c', 7),
    ],
    landmarks: new Uint16Array(68),
    occlusion: [],
    growth: new Uint8Array(120).fill(50),
    textures: {
      skins: layers(1, 3, 12, 3),
      skinWindow: [0.25, 0.125, 1, 0.875],
      hair: layers(2, 3, 16, 2),
      brows: layers(3, 2, 16, 2),
      lashes: layers(4, 1, 16, 1),
      irises: layers(5, 2, 16, 3),
      mouth: layers(6, 2, 16, 3),
      environments: layers(7, 2, 16, 3),
      irradiance: new Float32Array(2 * 27),
    },
  };
}

/** Launches every kernel that draws heads, on numbers without meaning; the hat covers the whole body. */
export function launchDrawing(gpu: Gpu): void {
  const asset = tinyHead();
  const next = numbers(3);
  const vertices = asset.parts.reduce((sum, part) => sum + part.vertex.length, 0);
  const surface = Float32Array.from({ length: 10 * vertices }, (_, k) => (k % 10 === 7 ? 8 : next()));
  const { words, ...packed } = packModel(asset, surface);
  const floats = (count: number) => gpu.upload(Float32Array.from({ length: count }, next));
  const model = {
    ...{ ...packed, gpu, buffer: gpu.upload(words), window: gpu.upload(Uint32Array.of(0, 1, 2)), windowTriangles: 1 },
    ...{ reaches: floats(4 * packed.bodyVertices), landmarks: gpu.upload(new Uint32Array(68)) },
  };
  const slots = () => floats(4 * packed.vertexSlots);
  const heads = {
    ...{ batch: 1, people: floats(personFloats), views: floats(viewFloats), carrier: floats(4 * packed.bodyVertices) },
    ...{ positions: slots(), normals: slots(), tangents: slots() },
  };
  drawPictures(heads, model, { size: 16, samples: 1 });
  drawMasks(heads, model, 16);
  drawVisible(heads, model, drawLabels(heads, model, { size: 16, samples: 1 }), 16);
}
