/**
 * @file What drawing needs of an asset, in one buffer of words: which triangle lies in which slot, the surface at every
 * vertex, and the textures. kernels/heads/model.wgsl describes the layout.
 */
import { ArgumentError, type Constant, f32 } from '@visage/gpu';
import { type HeadAsset, type HeadPart, partKinds } from '../asset/headAsset.ts';
import { packTextures } from './textures.ts';

/** Numbers of a row of the surface table: u, v, lip, blush, beard, eye shadow, x, y, z on the mean head, kind. */
export const SURFACE_ROW = 10;

const SURFACE_WORDS = 6;
const HEADER = 26;
const MOST_TRIANGLES = 1 << 15;

/** The lowest brim that a hat can have is above this height of the mean head, at z = 1.2. */
const LOWEST_BRIM = 7.55;

/** The model on the host. */
export interface ModelWords {
  readonly words: Uint32Array;
  /** Constants of the kernels that read them. */
  readonly constants: Readonly<Record<string, Constant>>;
  /** Triangle slots of a picture: all, those of the body, the first of hair, those of hair and hat. */
  readonly triangles: { readonly all: number; readonly body: number; readonly hair: number; readonly above: number };
  readonly vertexSlots: number;
  readonly bodyVertices: number;
  readonly hatVertices: number;
}

/** One style of a part: its triangles between its own vertices. */
interface Style {
  readonly vertices: number;
  readonly triangles: readonly number[];
}

/** Triangles without the clear disc before the iris, which would hide it. */
function withoutCornea({ kind, triangles, uv }: HeadPart): number[] {
  const kept: number[] = [];
  for (let t = 0; t < triangles.length; t += 3) {
    const corners = [triangles[t]!, triangles[t + 1]!, triangles[t + 2]!];
    const u = corners.reduce((sum, k) => sum + uv[2 * k]!, 0) / 3;
    const v = corners.reduce((sum, k) => sum + uv[2 * k + 1]!, 0) / 3;
    if (kind !== 'eyes' || !(u > 0.85 && v > 0.84)) kept.push(...corners);
  }
  return kept;
}

/** The hat: the scalp's triangles, between vertices that are counted anew. `below`: the body vertices under them. */
function hatOf(body: Style, restY: (vertex: number) => number, restZ: (vertex: number) => number) {
  const below: number[] = [];
  const numbers = new Map<number, number>();
  const isScalp = (k: number) => restY(k) > LOWEST_BRIM + 0.22 * (restZ(k) - 1.2) - 0.15 && restY(k) > 7.0;
  const triangles: number[] = [];
  for (let t = 0; t < body.triangles.length; t += 3) {
    const corners = body.triangles.slice(t, t + 3);
    if (!corners.every(isScalp)) continue;
    for (const corner of corners) {
      const number = numbers.get(corner) ?? below.push(corner) - 1;
      numbers.set(corner, number);
      triangles.push(number);
    }
  }
  return { below, style: { vertices: below.length, triangles } };
}

const byteOf = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)));
const bits = new Float32Array(1);
const bitsOf = (value: number): number => {
  bits[0] = value;
  return new Uint32Array(bits.buffer)[0]!;
};

/**
 * Packs an asset for drawing.
 *
 * @param surface rows of {@link SURFACE_ROW} numbers for the vertices of all parts, in the order of `asset.parts`.
 * @throws ArgumentError if a picture would have more triangles than a key can name.
 */
export function packModel(asset: HeadAsset, surface: Float32Array): ModelWords {
  const kinds: Style[][] = partKinds.map((kind) =>
    asset.parts
      .filter((part) => part.kind === kind)
      .map((part) => ({ vertices: part.vertex.length, triangles: withoutCornea(part) })),
  );
  const vertices = asset.parts.reduce((sum, part) => sum + part.vertex.length, 0);
  const at = (vertex: number, column: number) => surface[vertex * SURFACE_ROW + column]!;
  const hat = hatOf(
    kinds[0]![0]!,
    (k) => at(k, 7),
    (k) => at(k, 8),
  );
  kinds.push([hat.style]);

  const largest = (styles: Style[], of: (style: Style) => number) => Math.max(0, ...styles.map(of));
  const header: number[] = [];
  const starts = (sizes: number[]) => {
    let sum = 0;
    for (const size of sizes) {
      header.push(sum);
      sum += size;
    }
    header.push(sum);
    return sum;
  };
  const vertexSlots = starts(kinds.slice(0, -1).map((styles) => largest(styles, (style) => style.vertices)));
  header[7] = 0; // the hat's vertices are counted from 0
  header.push(0);
  const counts = kinds.map((styles) => largest(styles, (style) => style.triangles.length / 3));
  const all = starts(counts);
  if (all > MOST_TRIANGLES)
    throw new ArgumentError('useHeads', 'asset', `${all} triangles a picture`, `at most ${MOST_TRIANGLES}`);
  let first = 0;
  for (const styles of kinds) {
    header.push(first);
    first += styles.length;
  }

  const styles = kinds.flat();
  const trianglesAt = HEADER + 3 * styles.length;
  const surfaceAt = trianglesAt + 2 * styles.reduce((sum, style) => sum + style.triangles.length / 3, 0);
  const texturesAt = surfaceAt + SURFACE_WORDS * (vertices + hat.below.length);
  const textures = packTextures(asset, texturesAt);
  const words = new Uint32Array(texturesAt + textures.words.length);
  words.set(header);
  words.set(textures.words, texturesAt);
  let [vertex, triangle] = [0, 0];
  styles.forEach((style, k) => {
    words.set([vertex, triangle, style.triangles.length / 3], HEADER + 3 * k);
    for (let t = 0; t < style.triangles.length; t += 3) {
      const [a, b, c] = style.triangles.slice(t, t + 3) as [number, number, number];
      words.set([a + 65536 * b, c], trianglesAt + 2 * triangle++);
    }
    vertex += style.vertices;
  });
  const writeRow = (row: number, from: number, fields: number) => {
    const start = surfaceAt + SURFACE_WORDS * row;
    words.set([bitsOf(at(from, 0)), bitsOf(at(from, 1)), fields], start);
    words.set(
      [6, 7, 8].map((column) => bitsOf(at(from, column))),
      start + 3,
    );
  };
  for (let k = 0; k < vertices; k++) {
    const [lip, blush, beard, shade] = [2, 3, 4, 5].map((column) => byteOf(at(k, column))) as [
      number,
      number,
      number,
      number,
    ];
    writeRow(k, k, (lip | (blush << 8) | (beard << 16) | (shade << 24)) >>> 0);
  }
  for (const [k, below] of hat.below.entries()) writeRow(vertices + k, below, below);

  const [left, top, right, bottom] = asset.textures.skinWindow;
  const hairFirst = header[9 + 6]!;
  return {
    words,
    constants: {
      ...textures.constants,
      ...{ SKIN_LEFT: f32(left), SKIN_TOP: f32(top), SKIN_RIGHT: f32(right), SKIN_BOTTOM: f32(bottom) },
      ...{ TRIANGLES_AT: trianglesAt, SURFACE_AT: surfaceAt, SURFACE_WORDS, HAT_FIRST: vertices },
    },
    triangles: { all, body: counts[0]!, hair: hairFirst, above: all - hairFirst },
    vertexSlots,
    bodyVertices: kinds[0]![0]!.vertices,
    hatVertices: hat.below.length,
  };
}
