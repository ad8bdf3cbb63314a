import { type HeadCrop, headCrops, isHeadLevel, type Level, levelNames } from '@visage/faces';
import { loadHeads, writeFaceFolder } from '@visage/faces/node';
import { type Command, Option } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { integer } from '../terminal/options.ts';

interface Options {
  readonly out: string;
  readonly identities: number;
  readonly images: number;
  readonly size: number;
  readonly first: number;
  readonly seed: number;
  readonly level: Level;
  readonly crop?: HeadCrop;
}

async function faces({ out, identities, images, size, first, seed, level, crop }: Options): Promise<void> {
  await openDevice();
  if (isHeadLevel(level)) await loadHeads();
  const total = identities * images;
  const records = await writeFaceFolder(out, {
    identities,
    imagesPerIdentity: images,
    size,
    firstIdentity: first,
    seed,
    level,
    crop,
    onProgress: (written) => process.stderr.isTTY && process.stderr.write(`\r${written}/${total} images`),
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  console.log(`${out}: ${records.length} images of ${identities} people, ${size} x ${size}, labels in faces.jsonl`);
}

/** Adds `visage faces`. */
export function addFaces(program: Command): void {
  program
    .command('faces')
    .description('write rendered faces as a folder of identity folders')
    .requiredOption('--out <folder>', 'where to write')
    .option('--identities <n>', 'number of people', integer(1, 1_000_000), 10)
    .option('--images <m>', 'images of each', integer(1, 10_000), 8)
    .option('--size <pixels>', 'height and width', integer(16, 1024), 128)
    .option('--first <n>', 'number of the first person', integer(0, 2 ** 31), 0)
    .option('--seed <n>', 'names the endless set of faces', integer(0, 2 ** 32 - 1), 0)
    .addOption(
      new Option('--level <level>', 'difficulty: L of procedural faces, M of mesh heads')
        .choices(levelNames)
        .default('L1'),
    )
    .addOption(
      new Option('--crop <what>', 'of mesh heads: the face as photographs are cropped (default), or all of it').choices(
        headCrops,
      ),
    )
    .action(faces);
}
