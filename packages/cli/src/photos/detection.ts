/** @file What `visage detect` says of faces: where they are, how they look, and who they are. */
import {
  alignFace,
  clusterDescriptors,
  cropPictures,
  type Face,
  type FaceFinder,
  greyOfCrop,
  type HeadPose,
  type Picture,
  poseOfMesh,
  samePerson,
  sharpness,
} from '@visage/photos';
import { scope } from '@visage/tensor';

/** A face in the JSON file of `visage detect`; positions are in pixels of the picture. */
export interface DetectedFace {
  readonly box: readonly [x: number, y: number, width: number, height: number];
  readonly score: number;
  /** Left eye, right eye, nose, left and right corner of the mouth. */
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly flag: number;
  /** In degrees. */
  readonly pose: HeadPose;
  /** The variance of the Laplacian of the face, aligned at {@link SHARPNESS_SIZE} pixels. */
  readonly sharpness: number;
  /** People are numbered from 0 over all pictures, in the order in which they occur. */
  readonly person: number;
}

/** A picture in the JSON file. */
export interface DetectedPicture {
  readonly file: string;
  readonly faces: readonly DetectedFace[];
  /** Why the picture could not be read. */
  readonly error?: string;
}

/** Side of the aligned face whose sharpness is measured, as in data sets. */
const SHARPNESS_SIZE = 128;

/** What is known of a picture before the people of all pictures are told apart. */
export interface MeasuredPicture {
  readonly file: string;
  readonly faces: readonly Omit<DetectedFace, 'person'>[];
  readonly descriptors: readonly Float32Array[];
  readonly error?: string;
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

async function sharpnesses(picture: Picture, faces: readonly Face[]): Promise<number[]> {
  const found: number[] = [];
  for (const { points } of faces) {
    const { transform } = alignFace(points, 'ffhq', SHARPNESS_SIZE);
    const crop = scope(() => cropPictures(picture, [transform], SHARPNESS_SIZE));
    found.push(sharpness(greyOfCrop(await crop.floats(), SHARPNESS_SIZE)));
    crop.dispose();
  }
  return found;
}

/** Finds and measures the faces of a picture. */
export async function measurePicture(
  finder: FaceFinder,
  file: string,
  picture: Picture,
  tiles: boolean,
): Promise<MeasuredPicture> {
  const faces = await finder.find(picture, { tiles });
  const sharp = await sharpnesses(picture, faces);
  const descriptors = await finder.describe(picture, faces);
  return {
    file,
    descriptors,
    faces: faces.map(({ box, score, flag, points, mesh }, k) => {
      const { yaw, pitch, roll } = poseOfMesh(mesh);
      return {
        box: [rounded(box.x, 1), rounded(box.y, 1), rounded(box.width, 1), rounded(box.height, 1)],
        score: rounded(score, 4),
        points: points.map(([x, y]) => [rounded(x, 2), rounded(y, 2)]),
        flag: rounded(flag, 4),
        pose: { yaw: rounded(yaw, 1), pitch: rounded(pitch, 1), roll: rounded(roll, 1) },
        sharpness: rounded(sharp[k] as number, 1),
      };
    }),
  };
}

/** Tells the people of all pictures apart. */
export function withPeople(pictures: readonly MeasuredPicture[]): DetectedPicture[] {
  const people = clusterDescriptors(
    pictures.flatMap(({ descriptors }) => descriptors),
    samePerson,
    pictures.flatMap(({ descriptors }, picture) => descriptors.map(() => picture)),
  );
  let next = 0;
  return pictures.map(({ file, faces, error }) => {
    const numbered = faces.map((face) => ({ ...face, person: people[next++] as number }));
    return { file, faces: numbered, ...(error === undefined ? {} : { error }) };
  });
}

/** A table of a picture's faces for the terminal, after a line that counts them. */
export function describePicture({ file, faces, error }: DetectedPicture): string[] {
  if (error !== undefined) return [error];
  const count = faces.length === 1 ? '1 face' : `${faces.length || 'no'} faces`;
  const rows = faces.map(({ box, score, flag, pose, sharpness: sharp, person }, k) => {
    const [x, y, width, height] = box.map(Math.round);
    const at = `${width} x ${height} at (${x}, ${y})`.padEnd(24);
    const { yaw, pitch, roll } = pose;
    const angles = [yaw, pitch, roll].map((angle) => angle.toFixed(0).padStart(4)).join('');
    const shares = `score ${score.toFixed(2)}  flag ${flag.toFixed(2)}`;
    return `  ${String(k).padStart(2)}  ${at}${shares}  pose${angles}  sharpness ${sharp.toFixed(0).padStart(5)}  person ${person}`;
  });
  return [`${file}: ${count}`, ...rows];
}
