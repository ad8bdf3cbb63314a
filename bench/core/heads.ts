/** @file What a picture of mesh heads costs, and what networks of real faces make of such pictures. */
import { type FaceBatch, type HeadLevel, placesOf, renderFaces, renderMasks } from '@visage/faces';
import type { Gpu } from '@visage/gpu';
import { descriptorDistance, type Face, FaceFinder, loadFaceNetworks, type Picture, picture } from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import { record, tensor } from '@visage/tensor';
import type { GateReport } from './headGates.ts';
import { checkHealth, magnitudes } from './health.ts';
import { wallClock } from './networks.ts';

/** What was timed. */
export interface HeadRow {
  readonly what: 'pictures' | 'masks';
  readonly level: HeadLevel;
  readonly size: number;
  readonly batch: number;
  /** Of one picture. */
  readonly ms: number;
}

/** Times recorded batches of pictures (four samples a pixel) and of masks. */
export async function timeHeads(
  gpu: Gpu,
  { level, size, batch, repeat }: { level: HeadLevel; size: number; batch: number; repeat: number },
): Promise<HeadRow[]> {
  const numbers = tensor(Uint32Array.from({ length: batch }, (_, k) => k));
  const shown: FaceBatch = { identities: numbers, attributes: numbers, size, level };
  const rows: HeadRow[] = [];
  for (const [what, render] of [['pictures', renderFaces] as const, ['masks', renderMasks] as const]) {
    const step = record(() => render(shown));
    step.run();
    const [magnitude] = (await magnitudes([step.result])) as [number];
    checkHealth(what, { result: magnitude });
    const runs = gpu.adapter.software ? 1 : 20;
    const ms = await wallClock(gpu, repeat, () => {
      for (let k = 0; k < runs; k++) step.run();
    });
    rows.push({ what, level, size, batch, ms: ms / runs / batch });
    step.dispose();
  }
  numbers.dispose();
  return rows;
}

/** A face is found if it lies within half the distance of the eyes of where it is. */
const NEAR = 0.5;

const meanPoint = (points: readonly (readonly [number, number])[]): [number, number] =>
  [0, 1].map((axis) => points.reduce((sum, p) => sum + (p[axis as 0 | 1] as number), 0) / points.length) as [
    number,
    number,
  ];

/** Renders some pictures of some people, whole heads, and asks the networks of npm. */
export async function measureGates(
  options: { level: HeadLevel; size: number; people: number; pictures: number; seed: number },
  say: (line: string) => void,
): Promise<GateReport> {
  const { level, size, people, pictures, seed } = options;
  const networks = loadFaceNetworks(npmWeights);
  const finder = new FaceFinder(networks);
  const descriptors: { person: number; descriptor: Float32Array }[] = [];
  for (let person = 0; person < people; person++) {
    const identities = new Uint32Array(pictures).fill(person);
    const attributes = Uint32Array.from(identities, (_, k) => person * pictures + k);
    const batch = { identities, attributes, size, level, seed, crop: 'portrait' } as const;
    const shown = renderFaces(batch);
    const all = picturesOf(await shown.floats(), size);
    shown.dispose();
    const places = await placesOf(batch);
    for (const [k, source] of all.entries()) {
      const { leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner } = (places[k] as (typeof places)[number])
        .landmarks;
      const truth = meanPoint(
        [leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner].map(({ x, y }) => [x, y] as const),
      );
      const eyes = Math.hypot(rightEye.x - leftEye.x, rightEye.y - leftEye.y);
      const isThere = ({ points }: Face) => {
        const [x, y] = meanPoint(points);
        return Math.hypot(x - truth[0], y - truth[1]) < NEAR * eyes;
      };
      const face = (await finder.find(source)).find(isThere);
      if (!face) continue;
      const [descriptor] = await finder.describe(source, [face]);
      descriptors.push({ person, descriptor: descriptor as Float32Array });
    }
    say(`${person + 1} of ${people} people, ${descriptors.length} faces found`);
  }
  await networks.dispose();
  const found = descriptors.length / (people * pictures);
  return { level, size, people, pictures, found, ...distances(descriptors) };
}

/** Pictures of a batch [N, size, size, 3] in [0, 1]. */
export function picturesOf(values: Float32Array, size: number): Picture[] {
  const area = size * size;
  return Array.from({ length: values.length / (3 * area) }, (_, n) => {
    const data = new Uint8Array(4 * area).fill(255);
    for (let k = 0; k < area; k++)
      for (let c = 0; c < 3; c++) data[4 * k + c] = Math.round(255 * (values[3 * (n * area + k) + c] as number));
    return picture(size, size, data);
  });
}

/** Means of the distances, and the rate at which both kinds of error are equal. */
export function distances(faces: readonly { person: number; descriptor: Float32Array }[]) {
  const [own, other]: [number[], number[]] = [[], []];
  for (const [k, a] of faces.entries())
    for (const b of faces.slice(0, k))
      (a.person === b.person ? own : other).push(descriptorDistance(a.descriptor, b.descriptor));
  const mean = (some: readonly number[]) => some.reduce((sum, x) => sum + x, 0) / some.length;
  const below = (some: readonly number[], limit: number) => some.filter((x) => x <= limit).length / some.length;
  const rates = own.map((limit) => Math.max(below(other, limit), 1 - below(own, limit)));
  return {
    apart: mean(other),
    alike: mean(own),
    accepted: below(other, 0.6),
    equalErrorRate: rates.reduce((a, b) => Math.min(a, b), 1),
  };
}
