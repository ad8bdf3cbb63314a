/** @file The static tables of a head as words; kernels/heads/tables.wgsl and morph.wgsl describe their layout. */
import type { HeadAsset, HeadPart } from '../asset/headAsset.ts';
import { cornersOf, type Lists, smoothingOf } from './connections.ts';
import { meanOf, mouthOf, partWindows, seamOf, windowsOf } from './fields.ts';
import { type HeadLayout, headLayout } from './layout.ts';

/** Tables on the host, the constants with which kernels read them, and the layout of pictures. */
export interface HeadTables {
  readonly layout: HeadLayout;
  /** `tables` of kernels/heads/tables.wgsl. */
  readonly tables: Uint32Array;
  /** `morphs` of kernels/heads/morph.wgsl. */
  readonly morphs: Uint32Array;
  readonly constants: Readonly<Record<string, number>>;
}

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** Puts pieces one after another and notes where each begins. */
class Words {
  readonly #pieces: Uint32Array[] = [];
  length = 0;

  /** @returns where the piece begins. */
  add(piece: ArrayLike<number>): number {
    const start = this.length;
    this.#pieces.push(piece instanceof Uint32Array ? piece : Uint32Array.from(piece));
    this.length += piece.length;
    return start;
  }

  join(): Uint32Array {
    const all = new Uint32Array(this.length);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}

/** The morph targets turned over: for each base vertex what moves it. */
export function morphWords({ base, targets }: HeadAsset): Uint32Array {
  const vertices = base.length / 3;
  const entries: number[][] = Array.from({ length: vertices }, () => []);
  targets.names.forEach((_, target) => {
    for (let e = targets.start[target] as number; e < (targets.start[target + 1] as number); e++) {
      const [x, y, z] = [0, 1, 2].map((axis) => (targets.delta[3 * e + axis] as number) & 0xffff) as [
        number,
        number,
        number,
      ];
      entries[targets.index[e] as number]?.push((target | (x << 16)) >>> 0, (y | (z << 16)) >>> 0);
    }
  });
  const words = new Words();
  let end = 0;
  words.add([0, ...entries.map((list) => (end += list.length / 2))]);
  words.add(bitsOf(Float32Array.from(base)));
  words.add(entries.flat());
  return words.join();
}

/** One word a row and byte strings: ambient occlusion of the bald head and of each style of hair. */
function occlusionRows(rows: readonly Uint8Array[]): { starts: number[]; bytes: Uint32Array } {
  const starts: number[] = [];
  let end = 0;
  for (const row of rows) {
    starts.push(end);
    end += row.length;
  }
  const bytes = new Uint8Array(Math.ceil(end / 4) * 4);
  rows.forEach((row, k) => {
    bytes.set(row, starts[k]);
  });
  return { starts, bytes: new Uint32Array(bytes.buffer) };
}

/** For each part the place of its first point in a row of the occlusion, and how many points it has there. */
function occlusionPlaces({ kinds, parts }: HeadLayout): { start: number; points: number }[] {
  let end = 0;
  const places = kinds.map(({ firstPart }) => {
    const start = end;
    const { points } = parts[firstPart] as { points: number };
    end += points;
    return { start, points };
  });
  const hair = kinds.length - 1;
  // Rows have the first style of brows and lashes, and their own style of hair.
  return parts.map(({ kind, points }) => {
    const place = places[kind] as { start: number; points: number };
    return kind === hair ? { start: place.start, points } : place;
  });
}

/** Twelve words for each point of a part, see kernels/heads/tables.wgsl. */
function pointRows(
  part: HeadPart,
  windows: Float32Array,
  starts: { corners: number; smoothing: number },
  lists: { corners: Lists; smoothing: Lists },
  sky: { start: number; points: number },
): Uint32Array {
  const count = part.refs.length / 3;
  const rows = new Uint32Array(12 * count);
  const floats = new Float32Array(rows.buffer);
  for (let k = 0; k < count; k++) {
    const [a, b, c] = part.refs.subarray(3 * k, 3 * k + 3) as unknown as [number, number, number];
    rows.set([(a | (b << 16)) >>> 0, c], 12 * k);
    floats.set(part.weights.subarray(3 * k, 3 * k + 3), 12 * k + 2);
    floats.set(part.offsets.subarray(3 * k, 3 * k + 3), 12 * k + 5);
    floats[12 * k + 8] = windows[k] as number;
    rows[12 * k + 9] = starts.corners + (lists.corners.start[k] as number);
    rows[12 * k + 10] = starts.smoothing + (lists.smoothing.start[k] as number);
    rows[12 * k + 11] = sky.start + Math.min(k, sky.points - 1);
  }
  return rows;
}

/** The tables of an asset. */
export function headTables(asset: HeadAsset): HeadTables {
  const layout = headLayout(asset);
  const windows = windowsOf(asset);
  const places = occlusionPlaces(layout);
  const [points, corners, smoothing] = [new Words(), new Words(), new Words()];
  asset.parts.forEach((part, number) => {
    const lists = { corners: cornersOf(part), smoothing: smoothingOf(part) };
    const starts = { corners: corners.add(lists.corners.words) / 2, smoothing: smoothing.add(lists.smoothing.words) };
    const sky = places[number] as { start: number; points: number };
    points.add(pointRows(part, partWindows(part, windows), starts, lists, sky));
  });
  points.add([0, 0, 0, 0, 0, 0, 0, 0, 0, corners.length / 2, smoothing.length, 0]); // ends the lists of the last point

  const words = new Words();
  for (const k of layout.kinds)
    words.add([k.slotStart, k.slots, k.pointStart, k.points, k.triangleStart, k.triangles, k.firstPart, k.parts]);
  for (const p of layout.parts)
    words.add([p.kind, p.pointStart, p.points, p.vertexStart, p.vertices, p.triangleStart, p.triangles, 0]);
  const [seam, mouth] = [seamOf(asset, windows), mouthOf(asset)];
  const occlusion = occlusionRows(asset.occlusion);
  const constants = {
    POINTS_AT: words.add(points.join()),
    VERTICES_AT: words.add(asset.parts.flatMap(({ vertex }) => [...vertex])),
    CORNERS_AT: words.add(corners.join()),
    SMOOTHING_AT: words.add(smoothing.join()),
    WINDOWS_AT: words.add(bitsOf(windows)),
    SEAM_AT: words.add(seam),
    REST_AT: words.add(bitsOf(Float32Array.from(meanOf(asset.base, seam)))),
    MOUTH_AT: words.add(mouth),
    LANDMARKS_AT: words.add(asset.landmarks),
    OCCLUSION_AT: words.add(occlusion.starts),
    OPEN_AT: words.add(occlusion.bytes),
    SEAM: seam.length,
    MOUTH: mouth.length,
    LANDMARKS: asset.landmarks.length,
    VERTICES: layout.baseVertices,
    TARGETS: layout.targets,
    POINTS: layout.points,
    BODY_POINTS: layout.bodyPoints,
    SLOTS: layout.slots,
    BODY_VERTICES: layout.bodyVertices,
  };
  return { layout, tables: words.join(), morphs: morphWords(asset), constants };
}
