/** @file Puts what drawing keeps of an asset on a device. */
import { type Gpu, VisageError } from '@visage/gpu';
import type { HeadAsset, HeadPart } from '../asset/headAsset.ts';
import { followed, growthOf, partWindows, surfaceRows, windowsOf } from '../geometry/fields.ts';
import { headLayout } from '../geometry/layout.ts';
import type { DrawingModel } from './draw.ts';
import { packModel } from './model.ts';

/** Triangles of the body with a corner that the identity moves. */
function windowTriangles({ triangles, vertex }: HeadPart, windows: Float32Array): Uint32Array {
  const moved = (corner: number) => windows[vertex[corner]!]! > 0;
  const kept: number[] = [];
  for (let t = 0; t < triangles.length; t += 3) {
    const corners = [...triangles.subarray(t, t + 3)];
    if (corners.some(moved)) kept.push(...corners);
  }
  return Uint32Array.from(kept);
}

/** Normal on the mean head, and growth, of each vertex of the body [vertices, 4]. */
function reachesOf({ base }: HeadAsset, body: HeadPart, growth: Float32Array): Float32Array {
  const { triangles, vertex } = body;
  const places = Array.from(growth, (_, point) => followed(body, point, base));
  const normals = Array.from(growth, () => [0, 0, 0]);
  for (let t = 0; t < triangles.length; t += 3) {
    const points = [0, 1, 2].map((corner) => vertex[triangles[t + corner]!]!);
    const [a, b, c] = points.map((point) => [...places[point]!]) as [number[], number[], number[]];
    const [u, v] = [b, c].map((q) => q.map((value, axis) => value - a[axis]!)) as [number[], number[]];
    for (let axis = 0; axis < 3; axis++) {
      const [i, j] = [(axis + 1) % 3, (axis + 2) % 3];
      for (const point of points) normals[point]![axis]! += u[i]! * v[j]! - u[j]! * v[i]!;
    }
  }
  const rows = Array.from(vertex, (point) => {
    const n = normals[point]!;
    const length = Math.hypot(...n) || 1;
    return [...n.map((value) => value / length), growth[point]!];
  });
  return Float32Array.from(rows.flat());
}

/** Uploads the model of an asset. @throws VisageError inside a recorded step, which the model would outlive. */
export function uploadModel(asset: HeadAsset, gpu: Gpu): DrawingModel {
  if (gpu.tracing)
    throw new VisageError('heads: their textures outlive a recorded step; make them before record() begins');
  const { parts } = headLayout(asset);
  const { words, ...model } = packModel(
    asset,
    surfaceRows(asset, (part) => parts[part]!.kind),
  );
  const body = asset.parts[0]!;
  const windows = partWindows(body, windowsOf(asset));
  const window = windowTriangles(body, windows);
  const vertexOf = (base: number) => body.vertex.findIndex((point) => body.refs[3 * point] === base);
  const landmarks = Uint32Array.from(asset.landmarks, vertexOf);
  const reaches = reachesOf(asset, body, growthOf(asset));
  const kept = <T extends Float32Array | Uint32Array>(data: T) => {
    const buffer = gpu.upload(data);
    gpu.adopt(buffer);
    return buffer;
  };
  return {
    ...model,
    gpu,
    buffer: kept(words),
    window: kept(window),
    windowTriangles: window.length / 3,
    reaches: kept(reaches),
    landmarks: kept(landmarks),
  };
}

/** Frees what {@link uploadModel} made. */
export function releaseModel({ gpu, buffer, window, reaches, landmarks }: DrawingModel): void {
  for (const each of [buffer, window, reaches, landmarks]) gpu.release(each);
}
