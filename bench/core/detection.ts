/** @file How many faces are found, and how many that are none, on pictures whose faces are known. */
import { type Face, type FaceFinder, overlapOf, type Picture } from '@visage/photos';
import { readPicture } from '@visage/photos/node';
import { fixtureFile, pictures } from '../../scripts/fixtures.mjs';

/** What was found on one picture. */
export interface DetectionRow {
  /** The package and the name of the picture. */
  readonly picture: string;
  readonly width: number;
  readonly height: number;
  /** People on it. */
  readonly people: number;
  /** Those whose face was found. */
  readonly found: number;
  /** Faces that are no people's. */
  readonly wrong: number;
  /** Of finding the faces on the decoded picture, networks recorded. */
  readonly ms: number;
}

/** A detection is of a person if the intersection of the boxes is more than this share of their union. */
export const SAME_FACE = 0.3;

/** How many of the true boxes have a detection of their own. */
export function foundOf(faces: readonly Pick<Face, 'box'>[], truth: readonly (readonly number[])[]): number {
  const left = new Set(faces);
  for (const [x, y, width, height] of truth as readonly (readonly [number, number, number, number])[]) {
    const overlap = ({ box }: Pick<Face, 'box'>) => overlapOf(box, { x, y, width, height });
    const [best] = [...left].sort((a, b) => overlap(b) - overlap(a));
    if (best && overlap(best) > SAME_FACE) left.delete(best);
  }
  return faces.length - left.size;
}

/**
 * Finds the faces of every picture of the fixtures.
 *
 * @param smallest faces of fewer pixels need not be found, and people with smaller ones do not count.
 */
export async function measureDetection(
  finder: FaceFinder,
  onRow: (row: DetectionRow) => Promise<void>,
  smallest = 0,
): Promise<void> {
  for (const { package: name, path, faces: all } of pictures) {
    const truth = all.filter(([, , width = 0, height = 0]) => Math.max(width, height) >= smallest);
    const source: Picture = await readPicture(await fixtureFile(name, path));
    const started = performance.now();
    const faces = await finder.find(source, { smallest });
    const ms = performance.now() - started;
    const found = foundOf(faces, truth);
    const { width, height } = source;
    const picture = `${name}: ${path.split('/').at(-1)}`;
    await onRow({ picture, width, height, people: truth.length, found, wrong: faces.length - foundOf(faces, all), ms });
  }
}
