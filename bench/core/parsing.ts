/** @file How well a parsing network finds the inner faces of photographs, against outlines that were drawn by eye. */
import { readFile } from 'node:fs/promises';
import { VisageError } from '@visage/gpu';
import {
  alignFace,
  boxOfMesh,
  cropPictures,
  type Face,
  type FaceFinder,
  outlineMasks,
  outlineOf,
  overlapOf,
  type Picture,
  type Point,
  parsedMasks,
  placeOutlines,
  swappedClasses,
  transformed,
} from '@visage/photos';
import { readPicture } from '@visage/photos/node';
import type { ParsingNetwork } from '@visage/simswap';
import { noGrad, scope, type Tensor } from '@visage/tensor';
import { fixtureFile } from '../../scripts/fixtures.mjs';
import { SAME_FACE } from './detection.ts';
import { intersectionOverUnion, majorityMask, type PixelMask, polygonMask } from './drawnMasks.ts';

/** Intersection over union of each answer with the inner face that was drawn, in the aligned crop of one face. */
export interface ParsingRow {
  /** The picture, and the face's number on it from the left. */
  readonly face: string;
  /** Pixels of the crop that belong to the inner face, as a share. */
  readonly share: number;
  /** The network alone: the pixels whose likeliest class is one that a swap changes. */
  readonly network: number;
  /** The mask of a swap: the mesh's outline without what the network sees before it. */
  readonly masked: number;
  /** The mesh's outline alone. */
  readonly outline: number;
  /** The pixels that most of the other faces have; it looks at no picture. */
  readonly others: number;
}

/** The faces of one photograph: polygons [x, y, x, y, …] in pixels of the picture, from left to right. */
export interface DrawnPicture {
  readonly package: string;
  readonly path: string;
  readonly faces: readonly (readonly number[])[];
}

/** One face of a photograph: the pixels of its crop that were drawn, and those of each answer. */
export interface ParsedFace {
  readonly face: string;
  readonly drawn: PixelMask;
  readonly network: PixelMask;
  readonly masked: PixelMask;
  readonly outline: PixelMask;
}

const SIZE = 112; // the crops that parsing networks learn from
const SMALLEST = 90; // pixels; every face that was drawn is higher
const HARD = 0.001; // a feather that is narrower than a pixel

/**
 * Compares a parsing network with the outlines of `bench/faces/innerFaces.json`, in crops that are aligned as those of
 * mesh heads are.
 *
 * @param note gets the name of each photograph before its faces are looked for.
 * @throws VisageError if a face that was drawn is not found.
 */
export async function measureParsing(
  network: ParsingNetwork,
  finder: FaceFinder,
  note: (picture: string) => void,
): Promise<ParsingRow[]> {
  const faces: ParsedFace[] = [];
  for (const { package: from, path, faces: drawn } of await drawnPictures()) {
    const name = `${from}: ${path.split('/').at(-1)}`;
    note(name);
    const picture = await readPicture(await fixtureFile(from, path));
    const found = await finder.find(picture, { smallest: SMALLEST });
    faces.push(...(await parsedFaces(network, { name, picture, found, drawn: drawn.map(pointsOf) })));
  }
  return parsingRows(faces);
}

/** A photograph with the faces that were found on it and the outlines that were drawn. */
export interface DrawnPhotograph {
  readonly name: string;
  readonly picture: Picture;
  readonly found: readonly Face[];
  /** Polygons in pixels of the picture. */
  readonly drawn: readonly (readonly Point[])[];
}

/**
 * What a network and the mesh make of each face that was drawn.
 *
 * @throws VisageError if a face that was drawn is not found.
 */
export async function parsedFaces(
  network: ParsingNetwork,
  { name, picture, found, drawn }: DrawnPhotograph,
): Promise<ParsedFace[]> {
  const faces: ParsedFace[] = [];
  for (const [k, polygon] of drawn.entries()) {
    const face = faceOf(polygon, found);
    if (!face)
      throw new VisageError(
        `${name}: no face was found where outline ${k} was drawn; \`visage detect\` says what is found`,
      );
    faces.push({ face: `${name} ${k}`, ...(await parsedFace(network, picture, face, polygon)) });
  }
  return faces;
}

/** Scores faces; each is the judge of the others' majority. */
export function parsingRows(faces: readonly ParsedFace[]): ParsingRow[] {
  return faces.map(({ face, drawn, network, masked, outline }) => {
    const rest = faces.filter((other) => other.drawn !== drawn).map((other) => other.drawn);
    const score = (mask: PixelMask) => intersectionOverUnion(mask, drawn);
    return {
      face,
      share: drawn.filter((value) => value === 1).length / drawn.length,
      network: score(network),
      masked: score(masked),
      outline: score(outline),
      others: score(majorityMask(rest)),
    };
  });
}

/** The outlines that were drawn; the README beside them says how. */
export const drawnPictures = async (): Promise<readonly DrawnPicture[]> =>
  JSON.parse(await readFile(new URL('../faces/innerFaces.json', import.meta.url), 'utf8'));

/** A polygon's corners from its numbers. */
export const pointsOf = (numbers: readonly number[]): Point[] =>
  Array.from({ length: numbers.length / 2 }, (_, k) => [numbers[2 * k] as number, numbers[2 * k + 1] as number]);

/** The found face whose box overlaps most with the polygon's. */
function faceOf(polygon: readonly Point[], found: readonly Face[]): Face | undefined {
  const box = boxOfMesh(Float32Array.from(polygon.flat()));
  const [best] = [...found].sort((a, b) => overlapOf(b.box, box) - overlapOf(a.box, box));
  return best && overlapOf(best.box, box) > SAME_FACE ? best : undefined;
}

async function parsedFace(network: ParsingNetwork, picture: Picture, face: Face, polygon: readonly Point[]) {
  const { transform } = alignFace(face.points, 'simswap', SIZE);
  const [logits, outline, masked] = scope(() =>
    noGrad(() => {
      const crops = cropPictures(picture, [transform], SIZE);
      const inside = outlineMasks(placeOutlines([outlineOf(face)], [transform], { feather: HARD }), SIZE);
      return [network.forward(crops), inside, parsedMasks(network)(crops, inside)] as const;
    }),
  );
  const { classes } = network.config;
  const isSwapped = classes.map((name) => swappedClasses.includes(name));
  const rows = await logits.floats();
  const seen = Uint8Array.from({ length: SIZE * SIZE }, (_, k) => {
    const row = rows.subarray(k * classes.length, (k + 1) * classes.length);
    return Number(isSwapped[row.indexOf(Math.max(...row))]);
  });
  const above = async (mask: Tensor): Promise<PixelMask> =>
    Uint8Array.from(await mask.floats(), (value) => Number(value > 0.5));
  const masks = { network: seen, masked: await above(masked), outline: await above(outline) };
  for (const made of [logits, outline, masked]) made.dispose();
  const drawn = polygonMask(
    polygon.map((point) => transformed(transform, point)),
    SIZE,
  );
  return { drawn, ...masks };
}
