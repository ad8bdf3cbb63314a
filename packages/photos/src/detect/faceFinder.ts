/** @file Finds faces in photographs, follows them through films, and describes whose they are. */
import { ArgumentError, checkInteger, checkNumber, checkOptions, currentGpu, type OptionKeys } from '@visage/gpu';
import { alignFace } from '../align/align.ts';
import { type Face, fivePointsOf } from '../core/face.ts';
import { type Box, cropOf, type Similarity } from '../core/geometry.ts';
import type { Picture } from '../core/picture.ts';
import type { Meshes } from '../networks/faceMesh.ts';
import type { Descriptors } from '../networks/faceRecogniser.ts';
import type { Detections } from '../networks/ssdFaceDetector.ts';
import type { CropOptions } from '../warp/crop.ts';
import type { GpuPicture } from '../warp/gpuPicture.ts';
import { holdPictures } from '../warp/stack.ts';
import { type CropNetwork, type LaunchRule, launchOnCrops, runOnCrops } from './batches.ts';
import { readBoxes } from './boxesAbove.ts';
import { bestOfEach, type Candidate, candidatesOf, containmentOf, suppress } from './candidates.ts';
import { boxOfMesh, cropOfBox, cropOfMesh, meshInPicture } from './meshCrops.ts';
import { paddedTile, type Tile, tilesOf, wholeSuffices } from './tiles.ts';

/** What a {@link FaceFinder} needs of `FaceNetworks`. */
export interface FinderNetworks {
  detector(): Promise<CropNetwork<Detections>>;
  mesh(): Promise<CropNetwork<Meshes>>;
  blazeFace(): Promise<CropNetwork<Detections>>;
  recogniser(): Promise<CropNetwork<Descriptors>>;
}

/** How a {@link FaceFinder} decides what a face is. */
export interface FaceFinderOptions {
  /** A detector's box counts as a candidate above this score. Default 0.2. */
  readonly score?: number;
  /** A candidate is a face if every look of the face mesh but the first says so with more than this. Default 0.8. */
  readonly flag?: number;
  /**
   * How often the mesh looks, each time around the points of the time before. Default 3. The points of a face come to
   * rest, and its flag stays at 1; on other things both wander.
   */
  readonly passes?: number;
  /**
   * Crops in every launch of a network, a power of two up to 32; of the detector as many of them as the device has
   * room for. Launches that are not full are filled up with black crops. Then what is found in a picture does not
   * depend on what else is looked at, not even in its last bit, and each network is recorded for one size alone.
   * Default: launches of as many crops as there are.
   */
  readonly batch?: number;
}

/** Where {@link FaceFinder.find} looks. */
export interface FindOptions {
  /** Also in squares of half the picture's size, which finds faces half as large. Default true. */
  readonly tiles?: boolean;
  /**
   * Faces of fewer pixels need not be found, so pictures that are small enough are looked at as a whole alone. Default
   * 0.
   */
  readonly smallest?: number;
}

const FINDER_OPTIONS: OptionKeys<FaceFinderOptions> = { score: true, flag: true, passes: true, batch: true };
const FIND_OPTIONS: OptionKeys<FindOptions> = { tiles: true, smallest: true };

/** Crops in one launch, and tiles where launches are not filled up; one picture has seven tiles or less. */
const [MOST_CROPS, FITTED_TILES] = [32, 4];

/** Bytes of the detector's largest map for a tile, 257 x 257 x 64 numbers. */
const TILE_BYTES = 4 * 64 * 257 ** 2;

/** Two meshes are of the same face if the smaller lies by more than this in the other. */
const SAME_FACE = 0.4;

/** A look at one picture: its number, and what may be a face in it. */
interface Suspect extends Candidate {
  readonly picture: number;
}

type Source = Picture | GpuPicture;

/** The detectors were trained on pictures that TensorFlow had resized. */
const TENSORFLOW: CropOptions = { sampling: 'bilinear', origin: 'index' };

/**
 * Finds the faces of photographs of any size.
 *
 * 1. An SSD detector looks at the whole picture and at half-size tiles. What it gives more than 0.2 is a candidate.
 * 2. The face mesh looks at each candidate three times. Its flag tells faces from other things, which the detector's
 * score does not: 138 of 140 faces are found, and 2 on 37 pictures without people (docs/photos.md).
 * 3. Of a picture without a face the detector looks at the whole once more with black margins of half and of one and a
 * half times its size, since it misses faces that fill the frame; then BlazeFace does, which was made for those.
 *
 * The networks stay the caller's.
 */
export class FaceFinder {
  readonly #networks: FinderNetworks;
  readonly #score: number;
  readonly #flag: number;
  readonly #passes: number;
  readonly #loaded = new WeakMap<ReturnType<FinderNetworks['mesh']>, Awaited<ReturnType<FinderNetworks['mesh']>>>();
  readonly #crops: LaunchRule;
  /** The number of pictures that {@link FaceFinder.findAll} is best asked for at once. */
  readonly batch: number;

  /** @throws ArgumentError for options that are none, or out of range. */
  constructor(networks: FinderNetworks, options: FaceFinderOptions = {}) {
    checkOptions('FaceFinder', options, FINDER_OPTIONS);
    const { score = 0.2, flag = 0.8, passes = 3 } = options;
    checkNumber('FaceFinder', 'score', score, 0, 1);
    checkNumber('FaceFinder', 'flag', flag, 0, 1);
    checkInteger('FaceFinder', 'passes', passes, 1, 10);
    this.#networks = networks;
    [this.#score, this.#flag, this.#passes] = [score, flag, passes];
    this.batch = checkBatch(options.batch ?? 1);
    const filled = options.batch !== undefined;
    this.#crops = { most: filled ? this.batch : MOST_CROPS, filled };
  }

  /** The faces of a picture, from left to right. */
  async find(source: Source, options: FindOptions = {}): Promise<Face[]> {
    const [faces = []] = await this.findAll([source], options);
    return faces;
  }

  /**
   * The faces of several pictures, each from left to right. Their tiles and faces share launches, which keeps a GPU
   * busier than one picture after another.
   */
  async findAll(sources: readonly Source[], options: FindOptions = {}): Promise<Face[][]> {
    checkOptions('FaceFinder.find', options, FIND_OPTIONS);
    const { tiles: tiled = true, smallest = 0 } = options;
    checkNumber('FaceFinder.find', 'smallest', smallest, 0);
    const { pictures: held, dispose } = holdPictures(sources);
    try {
      const all = held.map((_, k) => k);
      const tilesIn = (size: Box) => tilesOf(size, tiled && !wholeSuffices(size, smallest));
      const faces = await this.#look(held, all, tilesIn, 'detector');
      const retries = [
        [(size: Box) => [paddedTile(size, 0.5)], 'detector'],
        [(size: Box) => [paddedTile(size, 1.5)], 'detector'],
        [(size: Box) => [paddedTile(size, 0), paddedTile(size, 0.5)], 'blazeFace'],
      ] as const;
      for (const [tiles, network] of retries) {
        const empty = all.filter((k) => faces[k]?.length === 0);
        const found = await this.#look(held, empty, tiles, network);
        for (const k of empty) faces[k] = found[k] as Face[];
      }
      return faces;
    } finally {
      dispose();
    }
  }

  /**
   * Finds faces again that moved a little, in the next frame of a film: one look of the face mesh around the points of
   * each. Nothing is left out: a face that is gone or covered has a low `flag`; below 0.5 it should be looked for. Once
   * the network is loaded, all launches are submitted when the call returns.
   *
   * @param source a picture on the GPU must hold {@link lookWindow}.
   * @returns a face for each of `previous`, in that order. Its box is the extent of its mesh, its score the one of
   * before.
   */
  async follow(source: Source, previous: readonly Face[]): Promise<Face[]> {
    const asked = this.#networks.mesh();
    // An answer that is known is not awaited, so the launches are submitted before this call returns.
    const network = this.#loaded.get(asked) ?? (await asked);
    this.#loaded.set(asked, network);
    const crops = previous.map(({ mesh }) => cropOfMesh(mesh, network.size));
    const looks = await runOnCrops(
      network,
      crops.map((transform) => ({ source, transform })),
      this.#crops,
    );
    return looks.map(({ mesh: points, flag }, k) => {
      const mesh = meshInPicture(points, crops[k] as Similarity);
      const { score } = previous[k] as Face;
      return { box: boxOfMesh(mesh), score, flag: flag[0] as number, points: fivePointsOf(mesh), mesh };
    });
  }

  /**
   * Describes whose faces these are, for `descriptorDistance` and `clusterDescriptors`: 128 numbers for each, of dlib's
   * recognition network on the face aligned to dlib's mean face.
   */
  async describe(source: Source, faces: readonly Pick<Face, 'points'>[]): Promise<Float32Array[]> {
    const [descriptors = []] = await this.describeAll([source], [faces]);
    return descriptors;
  }

  /** {@link FaceFinder.describe} for the faces of several pictures, which share launches. */
  async describeAll(
    sources: readonly Source[],
    faces: readonly (readonly Pick<Face, 'points'>[])[],
  ): Promise<Float32Array[][]> {
    const network = await this.#networks.recogniser();
    const jobs = sources.flatMap((source, k) =>
      (faces[k] ?? []).map(({ points }) => ({ source, transform: alignFace(points, 'dlib', network.size).transform })),
    );
    const described = await runOnCrops(network, jobs, this.#crops);
    const all = described.map(({ descriptors }) => descriptors.slice());
    return sources.map((_, k) => all.splice(0, faces[k]?.length ?? 0));
  }

  /** Looks for faces in some of the pictures; for every picture those that were found. */
  async #look(
    sources: readonly Source[],
    pictures: readonly number[],
    tilesOfSize: (size: Box) => readonly Tile[],
    name: 'detector' | 'blazeFace',
  ): Promise<Face[][]> {
    const faces = sources.map((): Face[] => []);
    if (pictures.length === 0) return faces;
    const network = await this.#networks[name]();
    const looks = pictures.flatMap((picture) => {
      const source = sources[picture] as Source;
      const { width, height } = source;
      return tilesOfSize({ x: 0, y: 0, width, height }).map((tile) => ({ picture, source, tile }));
    });
    const jobs = looks.map(({ source, tile: { x, y, side } }) => ({
      source,
      transform: cropOf(x, y, side, network.size),
    }));
    const read = (detections: Detections) => readBoxes(detections, this.#score);
    const results = await launchOnCrops(network, jobs, tileRule(this.#crops), TENSORFLOW, read);
    const suspects = pictures.flatMap((picture) => {
      const candidates = looks.flatMap(({ picture: of, source, tile }, k) => {
        if (of !== picture) return [];
        const { boxes, scores } = results[k] as (typeof results)[number];
        return candidatesOf(boxes, scores, tile, source, this.#score);
      });
      return suppress(candidates).map((candidate): Suspect => ({ ...candidate, picture }));
    });
    for (const { picture, face } of await this.#verified(sources, suspects)) faces[picture]?.push(face);
    return faces.map((found) => leftToRight(distinct(found)));
  }

  /** The suspects that are faces, with their points. */
  async #verified(
    sources: readonly Source[],
    suspects: readonly Suspect[],
  ): Promise<{ picture: number; face: Face }[]> {
    if (suspects.length === 0) return [];
    const network = await this.#networks.mesh();
    let crops = suspects.map(({ box }) => cropOfBox(box, network.size));
    let meshes: Float32Array[] = [];
    let flags: number[] = [];
    for (let pass = 0; pass < this.#passes; pass++) {
      if (pass > 0) crops = meshes.map((mesh) => cropOfMesh(mesh, network.size));
      const jobs = crops.map((transform, k) => ({
        source: sources[suspects[k]?.picture as number] as Source,
        transform,
      }));
      const looks = await runOnCrops(network, jobs, this.#crops);
      meshes = looks.map(({ mesh }, k) => meshInPicture(mesh, crops[k] as Similarity));
      const before = pass < 2 ? [] : flags; // the first crop follows a box alone, and does not count
      flags = looks.map(({ flag }, k) => Math.min(flag[0] as number, before[k] ?? 1));
    }
    return suspects.flatMap(({ picture, box, score }, k) => {
      const [mesh, flag] = [meshes[k] as Float32Array, flags[k] as number];
      return flag > this.#flag ? [{ picture, face: { box, score, flag, points: fivePointsOf(mesh), mesh } }] : [];
    });
  }
}

/** How tiles are divided into launches. */
function tileRule({ most, filled }: LaunchRule): LaunchRule {
  if (!filled) return { most: FITTED_TILES, filled };
  const { maxStorageBufferBindingSize, maxBufferSize } = currentGpu().device.limits;
  const room = Math.min(maxStorageBufferBindingSize, maxBufferSize) / TILE_BYTES;
  return { most: Math.min(most, 2 ** Math.max(0, Math.floor(Math.log2(room)))), filled };
}

/** @throws ArgumentError unless the crops of a launch are a power of two up to 32. */
function checkBatch(batch: number): number {
  checkInteger('FaceFinder', 'batch', batch, 1, MOST_CROPS);
  if (Math.log2(batch) % 1 !== 0) throw new ArgumentError('FaceFinder', 'batch', String(batch), 'a power of two');
  return batch;
}

/** Two candidates may lead the mesh to the same face: of each the one with the highest score. */
function distinct(faces: readonly Face[]): Face[] {
  const extents = faces.map((face) => ({ face, box: boxOfMesh(face.mesh), score: face.score }));
  return bestOfEach(extents, containmentOf, SAME_FACE).map(({ face }) => face);
}

const middle = ({ box }: Face): number => box.x + box.width / 2;

/** Faces as people count them. */
const leftToRight = (faces: readonly Face[]): Face[] =>
  [...faces].sort((a, b) => middle(a) - middle(b) || a.box.y - b.box.y);
