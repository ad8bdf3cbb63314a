/** @file `visage eval --photos`: swaps among photographs, judged by networks that learned from photographs. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { aligned } from '@visage/conformance';
import { checkOutput } from '@visage/nn/node';
import { FaceFinder, loadFaceNetworks } from '@visage/photos';
import { npmWeights, readPicture, writeMarkedPng } from '@visage/photos/node';
import type { Precision } from '@visage/simswap';
import {
  adapterLine,
  measurePortraits,
  type PortraitMeasurement,
  type PortraitScores,
  PortraitSheet,
  portraitScores,
  portraitTables,
} from '@visage/training';
import type { Command } from 'commander';
import { exaggerateOption, masksOption, type NetworkFlags, readNetworks, templateOption } from '../photos/networks.ts';
import { pictureFiles } from '../photos/pictureFiles.ts';
import { openDevice } from '../terminal/device.ts';
import { integer } from '../terminal/options.ts';
import { refuseGiven } from '../terminal/refuse.ts';

/** The options of `visage eval --photos`. */
export interface PhotosOptions extends NetworkFlags {
  readonly photos: string;
  readonly pairs?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly precision?: Precision;
}

/** Options that only `--photos` reads. */
const ONLY_PHOTOS = ['pairs', 'template', 'masks', 'exaggerate'];

/** Options about rendered faces and data sets. */
const NOT_PHOTOS = ['compare', 'people', 'tuning', 'level', 'data', 'judge'];

/** @throws UsageError if an option was given that only `visage eval --photos` reads. */
export const refusePhotosOptions = (command: Command): void =>
  refuseGiven(command, ONLY_PHOTOS, (flag) => `${flag} is for --photos; add --photos FOLDER, or leave ${flag} out`);

/** Runs `visage eval --photos`. */
export async function evalPhotos(options: PhotosOptions, command: Command): Promise<void> {
  refuseGiven(command, NOT_PHOTOS, (flag) => `--photos measures on photographs of a folder; leave ${flag} out`);
  const { photos: folder, pairs, out, precision = 'f32' } = options;
  const files = await pictureFiles([folder]);
  const sheet = out === undefined ? undefined : new PortraitSheet();
  const picture = out === undefined ? undefined : join(out, 'sheet.png');
  if (picture !== undefined) await checkOutput(picture, { inputs: files });
  const networks = await readNetworks(options);
  const { name, size, exaggeration } = networks;
  const template = networks.alignment();
  const gpu = await openDevice();
  const finding = loadFaceNetworks(npmWeights);
  const began = performance.now();
  let done = 0;
  const measurement = await measurePortraits({
    swapper: await networks.swapper(),
    finder: new FaceFinder(finding),
    template,
    size,
    masks: await networks.masks(),
    exaggeration,
    photographs: files.map((file) => ({ name: file, read: () => readPicture(file) })),
    pairs,
    onPortrait: async (shown, face, number) => {
      tell(`${number + 1} faces in ${files.length} photographs`);
      await sheet?.portrait(shown, face);
    },
    onSwap: async (swapped, face, swap) => {
      tell(`${++done} swaps in ${((performance.now() - began) / 1000).toFixed(0)} s`);
      await sheet?.swap(swapped, face, swap);
    },
  });
  tell('');
  await finding.dispose();
  const figures = portraitScores(measurement);
  if (sheet && picture !== undefined && out !== undefined) {
    await mkdir(out, { recursive: true });
    await writeMarkedPng(picture, sheet.image());
  }
  const about = {
    checkpoint: options.checkpoint ?? null,
    adapter: gpu.adapter.name,
    precision,
    template,
    exaggeration,
  };
  if (options.json) {
    console.log(JSON.stringify({ ...about, figures, ...measurement, sheet: picture }, null, 2));
    return;
  }
  for (const line of linesOf(measurement, figures)) console.log(line);
  console.log(`\n${name}, exaggerated by ${exaggeration}, in ${precision} precision on ${adapterLine(gpu)}`);
  if (picture !== undefined) console.log(`${picture}: sources above, targets at the left`);
}

/** Shows progress on a terminal, in place of what was shown before. */
function tell(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

function linesOf({ people, leftOut }: PortraitMeasurement, figures: PortraitScores): string[] {
  const lines = leftOut.map(({ name, why }) => `left out: ${why.startsWith(name) ? why : `${name}: ${why}`}`);
  for (const { rows, note } of portraitTables(people.length, figures)) lines.push('', ...aligned(rows), '', note ?? '');
  lines.push('', `The people: ${people.map((name) => basename(name)).join(', ')}`);
  return lines;
}

/** Adds the options that only `--photos` reads. */
export const addPhotosOptions = (command: Command): Command =>
  command
    .option(
      '--photos <folder>',
      "measure swaps among photographs instead, the largest face of each; networks of npm's packages judge",
    )
    .option('--pairs <n>', 'with --photos: the most swaps (default: everybody into everybody else)', integer(1))
    .addOption(templateOption('with --photos: '))
    .addOption(masksOption('with --photos: '))
    .addOption(exaggerateOption('with --photos: '));
