import { mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { VisageError } from '@visage/gpu';
import { checkOutput, saveFile } from '@visage/nn/node';
import { drawFaces, FaceFinder, loadFaceNetworks } from '@visage/photos';
import { npmWeights, readPicture, writePicture } from '@visage/photos/node';
import { adapterLine } from '@visage/training';
import type { Command } from 'commander';
import {
  type DetectedPicture,
  describePicture,
  type MeasuredPicture,
  measurePicture,
  withPeople,
} from '../photos/detection.ts';
import { pictureFiles } from '../photos/pictureFiles.ts';
import { openDevice } from '../terminal/device.ts';

interface Options {
  readonly json?: string;
  readonly draw?: string;
  readonly tiles: boolean;
}

async function detect(paths: readonly string[], { json, draw, tiles }: Options): Promise<void> {
  const files = await pictureFiles(paths);
  if (json !== undefined) await checkOutput(json, { inputs: files });
  const drawings = draw === undefined ? undefined : await drawingsOf(files, draw);
  const gpu = await openDevice();
  const finder = new FaceFinder(loadFaceNetworks(npmWeights));
  const measured: MeasuredPicture[] = [];
  for (const [k, file] of files.entries()) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${k + 1}/${files.length} ${basename(file)}`);
    measured.push(await lookAt(finder, file, tiles, drawings?.get(file)));
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  const pictures = withPeople(measured);
  if (json !== undefined) await saveFile(json, Buffer.from(jsonOf(pictures)));
  for (const picture of pictures) for (const line of describePicture(picture)) console.log(line);
  if (json !== undefined) console.log(`${json}: ${pictures.length} ${pictures.length === 1 ? 'picture' : 'pictures'}`);
  if (draw !== undefined) console.log(`${draw}: the faces, drawn and numbered`);
  if (gpu.adapter.software) console.log(`computed on ${adapterLine(gpu)}`);
  const broken = pictures.filter(({ error }) => error !== undefined).length;
  if (broken > 0)
    throw new VisageError(`${broken} of ${pictures.length} pictures could not be read; the lines above say why`);
}

/** A JSON array with a line for each picture. */
const jsonOf = (pictures: readonly DetectedPicture[]): string =>
  `[\n${pictures.map((picture) => JSON.stringify(picture)).join(',\n')}\n]\n`;

/** Finds the faces of one file; a file that cannot be read is no reason to leave the others. */
async function lookAt(
  finder: FaceFinder,
  file: string,
  tiles: boolean,
  drawing: string | undefined,
): Promise<MeasuredPicture> {
  try {
    const picture = await readPicture(file);
    const measured = await measurePicture(finder, file, picture, tiles);
    if (drawing !== undefined) {
      const faces = measured.faces.map(({ box: [x, y, width, height], points }) => ({
        box: { x, y, width, height },
        points,
      }));
      await writePicture(drawing, drawFaces(picture, faces), { marks: false });
    }
    return measured;
  } catch (error) {
    if (!(error instanceof VisageError)) throw error;
    return { file, faces: [], descriptors: [], error: error.message };
  }
}

/** Where each picture is drawn: under its own name as JPEG, with a number if that name is taken. */
async function drawingsOf(files: readonly string[], folder: string): Promise<ReadonlyMap<string, string>> {
  await mkdir(folder, { recursive: true });
  const taken = new Set<string>();
  const drawings = new Map<string, string>();
  for (const file of files) {
    const stem = basename(file, extname(file));
    let name = `${stem}.jpg`;
    for (let k = 2; taken.has(name.toLowerCase()); k++) name = `${stem}-${k}.jpg`;
    taken.add(name.toLowerCase());
    const path = join(folder, name);
    await checkOutput(path, { inputs: files });
    drawings.set(file, path);
  }
  return drawings;
}

/** Adds `visage detect`. */
export function addDetect(program: Command): void {
  program
    .command('detect')
    .description('find the faces of pictures: boxes, landmarks, pose, sharpness, and who is the same person')
    .argument('<picture...>', 'pictures, or folders of pictures')
    .option('--json <file>', 'write what was found, one entry for each picture')
    .option('--draw <folder>', 'write copies of the pictures with the faces drawn and numbered')
    .option('--no-tiles', 'look at whole pictures alone: faster, and misses small faces')
    .action(detect);
}
