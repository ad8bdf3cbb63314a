/**
 * @file Where the parts of a head lie in a picture. Each kind of part has a fixed range of slots in every picture, as
 * long as its largest style: for vertices, for points and for triangles.
 */
import { ArgumentError } from '@visage/gpu';
import { type HeadAsset, type HeadPart, partKinds } from '../asset/headAsset.ts';

/** A style of a part; starts count over all styles of all parts, in the order of `asset.parts`. */
export interface PartLayout {
  /** Place of its kind in {@link partKinds}. */
  readonly kind: number;
  readonly pointStart: number;
  readonly points: number;
  readonly vertexStart: number;
  readonly vertices: number;
  readonly triangleStart: number;
  readonly triangles: number;
}

/** The slots of a kind of part in every picture, and its styles. */
export interface KindLayout {
  readonly slotStart: number;
  readonly slots: number;
  readonly pointStart: number;
  readonly points: number;
  readonly triangleStart: number;
  readonly triangles: number;
  readonly firstPart: number;
  readonly parts: number;
}

/** The layout of all pictures of an asset. */
export interface HeadLayout {
  readonly kinds: readonly KindLayout[];
  readonly parts: readonly PartLayout[];
  /** Vertex slots of a picture. */
  readonly slots: number;
  /** Point slots of a picture. */
  readonly points: number;
  /** Triangle slots of a picture. */
  readonly triangles: number;
  readonly bodyVertices: number;
  readonly bodyPoints: number;
  readonly baseVertices: number;
  /** Morph targets, rounded up to a multiple of 4. */
  readonly targets: number;
}

function partLayouts(parts: readonly HeadPart[]): PartLayout[] {
  const end = { point: 0, vertex: 0, triangle: 0 };
  return parts.map((part) => {
    const [points, vertices, triangles] = [part.refs.length / 3, part.vertex.length, part.triangles.length / 3];
    const [pointStart, vertexStart, triangleStart] = [end.point, end.vertex, end.triangle];
    end.point += points;
    end.vertex += vertices;
    end.triangle += triangles;
    return { kind: partKinds.indexOf(part.kind), pointStart, points, vertexStart, vertices, triangleStart, triangles };
  });
}

/**
 * The layout of an asset.
 *
 * @throws ArgumentError if its parts do not stand in the order of {@link partKinds}, or a kind is missing.
 */
export function headLayout(asset: HeadAsset): HeadLayout {
  const parts = partLayouts(asset.parts);
  const order = parts.map(({ kind }) => kind);
  const complete = partKinds.every((_, kind) => order.includes(kind));
  if (!complete || order.some((kind, k) => k > 0 && kind < (order[k - 1] as number))) {
    throw new ArgumentError(
      'HeadModel',
      'asset.parts',
      asset.parts.map(({ kind }) => kind).join(', '),
      `one or more of each of ${partKinds.join(', ')}, in this order`,
      'Build the asset anew with scripts/heads/build.mjs',
    );
  }
  const ends = { slots: 0, points: 0, triangles: 0 };
  const kinds = partKinds.map((_, kind): KindLayout => {
    const styles = parts.filter((part) => part.kind === kind);
    const most = (of: (part: PartLayout) => number) => Math.max(...styles.map(of));
    const sizes = {
      slots: most(({ vertices }) => vertices),
      points: most(({ points }) => points),
      triangles: most(({ triangles }) => triangles),
    };
    const starts = { slotStart: ends.slots, pointStart: ends.points, triangleStart: ends.triangles };
    ends.slots += sizes.slots;
    ends.points += sizes.points;
    ends.triangles += sizes.triangles;
    return { ...starts, ...sizes, firstPart: order.indexOf(kind), parts: styles.length };
  });
  const body = parts[0] as PartLayout;
  return {
    kinds,
    parts,
    ...ends,
    bodyVertices: body.vertices,
    bodyPoints: body.points,
    baseVertices: asset.base.length / 3,
    targets: Math.ceil(asset.targets.names.length / 4) * 4,
  };
}
