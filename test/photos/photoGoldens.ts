/**
 * @file Judges what the networks say of photographs by the numbers of their own runtimes (TensorFlow.js 4.22.0). The
 * photographs come from packages and are not stored here.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Box } from '@visage/photos';
import * as assert from 'uvu/assert';
import { fixtureFile } from '../helpers/fixtures.ts';
import type { BothWays, Outputs } from './madeUp.ts';
import type { Looks, PhotoOutputs, Square } from './photoOutputs.ts';

/** A file of a package that a golden was computed of. */
interface Source {
  readonly package: string;
  readonly path: string;
  readonly sha256: string;
}

/** A photograph of face-api-photos.json: its faces have boxes and squares [x, y, width, height] in pixels. */
interface FacePhoto extends Source {
  readonly width: number;
  readonly height: number;
  readonly rgbSha256: string;
  readonly faces: readonly GoldenFace[];
}

interface GoldenFace {
  readonly score: number;
  readonly box: readonly number[];
  readonly chip: readonly [x: number, y: number, side: number, side: number];
  readonly descriptor: readonly number[];
}

/** A square crop [x, y, side] of human-facemesh-blazeface.json with the points that the mesh has there. */
interface MeshPhoto extends Source {
  readonly crop: Square;
  readonly mesh: readonly number[];
}

const photosOf = (file: string) =>
  JSON.parse(readFileSync(new URL(`../golden/media/${file}`, import.meta.url), 'utf8')).photos;
const facePhotos: readonly FacePhoto[] = photosOf('face-api-photos.json');
const meshPhotos: readonly MeshPhoto[] = photosOf('human-facemesh-blazeface.json');

/** A photograph whose faces, descriptors or points are known. */
export interface PhotoGolden {
  /** The name of its file. */
  readonly name: string;
  readonly photo: FacePhoto;
  readonly mesh?: MeshPhoto;
  readonly looks: Looks;
}

/** The golden of a photograph, by the name of its file. */
export function photoGolden(name: string): PhotoGolden {
  const named = ({ path }: Source) => path.endsWith(`/${name}`);
  const [photo, mesh] = [facePhotos.find(named) as FacePhoto, meshPhotos.find(named)];
  const chips = photo.faces.map(({ chip: [x, y, side] }): Square => [x, y, side]);
  return { name, photo, ...(mesh && { mesh }), looks: { chips, ...(mesh && { crop: mesh.crop }) } };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const npmFolder = dirname(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api')));

/** Where the file of a golden lies. Fails if it is another file than the golden's. */
export async function photoFile({ photo: { package: name, path, sha256: expected } }: PhotoGolden): Promise<string> {
  const [kind, id] = name.split(' ') as [string, string];
  const file = kind === 'npm' ? join(npmFolder, path) : await fixtureFile(id, path);
  assert.is(sha256(readFileSync(file)), expected, `${path} of ${name}`);
  return file;
}

interface Found {
  readonly score: number;
  readonly box: Box;
}

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (a.width * a.height + b.width * b.height - both);
}

/**
 * Faces above 0.5, of those that overlap by more than half only the surest, from left to right.
 *
 * face-api takes the sides of the shrunken photograph as whole pixels when it scales boxes back, and so does this.
 */
function detected({ width, height }: FacePhoto, { boxes, scores }: Outputs): Found[] {
  const size = 512;
  const side = Math.max(width, height);
  const [across, down] = [width, height].map((extent) => (extent * size) / Math.round((extent * size) / side)) as [
    number,
    number,
  ];
  const found = [...(scores as Float32Array)].flatMap((score, k): Found[] => {
    if (score < 0.5) return [];
    const corners = (boxes as Float32Array).subarray(4 * k, 4 * k + 4);
    const [top, left, bottom, right] = corners as unknown as [number, number, number, number];
    const box = { x: left * across, y: top * down, width: (right - left) * across, height: (bottom - top) * down };
    return [{ score, box }];
  });
  const kept: Found[] = [];
  for (const face of found.sort((a, b) => b.score - a.score))
    if (kept.every(({ box }) => overlap(box, face.box) <= 0.5)) kept.push(face);
  return kept.sort((a, b) => a.box.x - b.box.x);
}

/** The largest difference of two lists. */
function largestDifference(got: ArrayLike<number>, expected: readonly number[]): number {
  assert.is(got.length, expected.length);
  return expected.reduce((most, value, k) => Math.max(most, Math.abs((got[k] as number) - value)), 0);
}

/** The outputs of a replay, which have to be the same bits as those of the eager run. */
function sameBothWays(network: string, ways: BothWays | undefined): Outputs {
  assert.ok(ways, `${network} has outputs`);
  for (const [name, values] of Object.entries(ways.eager))
    assert.equal(ways.replayed[name], values, `${name} of a replay`);
  return ways.replayed;
}

/** The limits of a decoder that gives the golden's own bytes, and of one that rounds differently. */
const limits = (exact: boolean) =>
  exact ? { pixels: 0.1, distance: 0.001, score: 1e-3 } : { pixels: 2, distance: 0.05, score: 0.02 };

/**
 * Throws unless boxes, scores and descriptors of a photograph's faces, and the points of its mesh, are the golden ones.
 *
 * @param rgb the SHA-256 of the decoded photograph's RGB bytes: another decoder of JPEG may round differently.
 */
export function checkPhoto({ photo, mesh }: PhotoGolden, rgb: string, outputs: PhotoOutputs): void {
  const limit = limits(rgb === photo.rgbSha256);
  const found = detected(photo, sameBothWays('detector', outputs.detector));
  assert.is(found.length, photo.faces.length, 'faces');
  const { descriptors } = sameBothWays('recogniser', outputs.recogniser);
  for (const [k, { box, score, descriptor }] of photo.faces.entries()) {
    const { box: got, score: sure } = found[k] as Found;
    const off = largestDifference([got.x, got.y, got.width, got.height], box);
    assert.ok(off < limit.pixels, `face ${k}: its box is ${off} px off`);
    assert.ok(Math.abs(sure - score) < limit.score, `face ${k}: score ${sure}, expected ${score}`);
    const far = Math.hypot(
      ...descriptor.map((value, d) => value - ((descriptors as Float32Array)[128 * k + d] as number)),
    );
    assert.ok(far < limit.distance, `face ${k}: its descriptor is ${far} away`);
  }
  if (!mesh) return;
  const { mesh: points, flag } = sameBothWays('mesh', outputs.mesh) as { mesh: Float32Array; flag: Float32Array };
  const off = largestDifference(
    points.filter((_, k) => k % 3 < 2),
    mesh.mesh,
  );
  assert.ok(off < 0.05, `a point of the mesh is ${off} px off`);
  assert.ok((flag[0] as number) > 0.999, 'the mesh takes its crop for a face');
}
