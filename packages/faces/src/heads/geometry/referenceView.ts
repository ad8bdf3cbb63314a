/** @file Camera, light and eyes of one picture in plain TypeScript, as kernels/heads/frame.wgsl computes them. */
import type { HeadAsset, HeadPart } from '../asset/headAsset.ts';
import { meanOf, mouthOf } from './fields.ts';
import {
  add,
  cross,
  dot,
  type JoinedHead,
  partPoints,
  posed,
  scale,
  subtract,
  type Turn,
  turned,
  turnOf,
  unit,
  type Vector,
} from './reference.ts';

/** What of a Person decides the View. */
export interface Stance {
  /** Yaw, pitch, roll of the head, radians. */
  readonly pose: Vector;
  /** Gaze to the side and up, radians. */
  readonly gaze: readonly [number, number];
  /** How far each eye turns from there towards the nose, radians. */
  readonly crossing: number;
  /** Distance of the camera in dm, and the eye-mouth length in pictures. */
  readonly distance: number;
  readonly size: number;
  /** Shift of the picture in NDC. */
  readonly shift: readonly [number, number];
  /** Unit vector to the key light. */
  readonly key: Vector;
}

/** An eyeball: the middle and half the size of the box around it. */
export interface Eyeball {
  readonly centre: Vector;
  readonly radius: number;
}

/** A View; see kernels/heads/view.wgsl. */
export interface ReferenceView {
  readonly eye: Vector;
  readonly focal: number;
  readonly shift: readonly [number, number];
  /** The carrier's eye-mouth length in dm. */
  readonly length: number;
  readonly light: readonly (readonly number[])[];
  /** Posed, left before right. */
  readonly eyes: readonly [Eyeball, Eyeball];
  readonly sockets: readonly [Eyeball, Eyeball];
  /** Unit directions, left before right. */
  readonly gazes: readonly [Vector, Vector];
  readonly between: Vector;
  readonly head: Turn;
  readonly gazeTurns: readonly [Turn, Turn];
  readonly body: Turn;
}

/** The eyeball of one side: x > 0 is the right one. */
function eyeball(points: readonly Vector[], isRight: boolean): Eyeball {
  const own = points.filter(([x]) => x > 0 === isRight);
  const box = [0, 1, 2].map((axis) => {
    const values = own.map((q) => q[axis] as number);
    return [Math.min(...values), Math.max(...values)] as [number, number];
  });
  const centre = box.map(([low, high]) => (low + high) / 2) as unknown as Vector;
  const [width, height] = box.map(([low, high]) => high - low) as [number, number];
  return { centre, radius: (width + height) / 4 };
}

/** Rows of the light's projection: half width 2.3 about (0, 6.9, 0.6), 8 deep. */
function lightRows(z: Vector): number[][] {
  const centre: Vector = [0, 6.9, 0.6];
  const x = unit(cross(Math.abs(z[1]) > 0.9 ? [0, 0, 1] : [0, 1, 0], z));
  const y = cross(z, x);
  return [
    [...scale(1 / 2.3, x), -dot(x, centre) / 2.3],
    [...scale(1 / 2.3, y), -dot(y, centre) / 2.3],
    [...scale(-1 / 8, z), (dot(z, centre) + 4) / 8],
  ];
}

/** The View of a picture. */
export function referenceView(asset: HeadAsset, { joined, carrier }: JoinedHead, stance: Stance): ReferenceView {
  const part = asset.parts.find(({ kind }) => kind === 'eyes') as HeadPart;
  const [yaw, pitch, roll] = stance.pose;
  const [head, body] = [turnOf(yaw, pitch, roll), turnOf(0.25 * yaw, 0, 0.15 * roll)];
  const eyeTurn = (inwards: number) => turnOf(stance.gaze[0] + inwards, -stance.gaze[1], 0);
  const gazeTurns = [eyeTurn(stance.crossing), eyeTurn(-stance.crossing)] as const;
  const ahead = (turn: Turn) => turned(head, turned(turn, [0, 0, 1]));
  const place = (q: Vector) => posed(head, body, q);
  const both = (points: readonly Vector[]): [Eyeball, Eyeball] => [eyeball(points, false), eyeball(points, true)];
  const sockets = both(partPoints(part, joined));
  const outer = both(partPoints(part, carrier)).map(({ centre }) => place(centre)) as [Vector, Vector];
  const between = scale(0.5, add(...outer));
  const mouth = place(meanOf(carrier, mouthOf(asset)));
  const length = Math.hypot(...subtract(between, mouth));
  return {
    eye: add(add(scale(0.55, between), scale(0.45, mouth)), [0, 0, stance.distance - 0.4]),
    focal: (2 * stance.size * stance.distance) / length,
    shift: stance.shift,
    length,
    light: lightRows(stance.key),
    eyes: sockets.map(({ centre, radius }) => ({ centre: place(centre), radius })) as [Eyeball, Eyeball],
    sockets,
    gazes: [ahead(gazeTurns[0]), ahead(gazeTurns[1])],
    between,
    head,
    gazeTurns,
    body,
  };
}

/** Posed points of a part, and for eyes the height above the centre before the head turns. */
export function posedPoints(part: HeadPart, head: JoinedHead, view: ReferenceView, ofCarrier: boolean) {
  const points = partPoints(part, ofCarrier || part.kind === 'hair' ? head.carrier : head.joined);
  return points.map((q) => {
    if (part.kind !== 'eyes') return { point: posed(view.head, view.body, q), height: 0 };
    const side = q[0] > 0 ? 1 : 0;
    const { centre } = view.sockets[side];
    const v = turned(view.gazeTurns[side], subtract(q, centre));
    return { point: posed(view.head, view.body, add(centre, v)), height: v[1] };
  });
}

/** Where a point of the world shows in a picture of `size` pixels. */
export function projected({ eye, focal, shift }: ReferenceView, q: Vector, size: number): [number, number] {
  const [x, y] = [0, 1].map((axis) => {
    const slope = ((q[axis] as number) - (eye[axis] as number)) / (eye[2] - q[2]);
    return focal * slope + (shift[axis] as number);
  }) as [number, number];
  return [(0.5 + 0.5 * x) * size, (0.5 - 0.5 * y) * size];
}
