import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gpu } from '@visage/gpu';
import { writeMarkedPng } from '@visage/photos/node';
import { paper, truth } from '@visage/simswap';
import { halfPrecision } from '@visage/tensor';
import {
  adapterLine,
  emptyRunFolder,
  newRun,
  newSettings,
  pictureOfSwap,
  portrait,
  type RunSettings,
  shippedSwap,
  tiny,
} from '@visage/training';
import type { Command } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { outliveReader } from '../terminal/interrupt.ts';
import { trainIn } from './train.ts';

const FOLDER = 'out/first-swap';

/** An eighth of the preset `portrait`: minutes on a large GPU. */
const PORTRAIT_STEPS = 10_000;

/** The first training: mesh heads on a GPU; on a software adapter procedural faces, which it renders in time. */
function firstSettings(gpu: Gpu): RunSettings {
  if (gpu.adapter.software) return newSettings(tiny, paper);
  const precision = halfPrecision(gpu) === true ? 'mixed' : 'f32';
  return newSettings(portrait, truth, { steps: PORTRAIT_STEPS, precision });
}

/** Runs `npm start`: shows a swap by the networks that come with Visage, then trains a swapper from scratch. */
async function start(): Promise<void> {
  outliveReader();
  const gpu = await openDevice();
  console.log(`Computing on ${adapterLine(gpu)}`);
  if (existsSync(FOLDER)) console.log(`Replacing the run in ${FOLDER}/`);
  await emptyRunFolder(FOLDER);
  await mkdir(FOLDER, { recursive: true });
  const shown = join(FOLDER, 'shipped.png');
  await writeMarkedPng(shown, pictureOfSwap(await shippedSwap()));
  console.log(`${shown}: two rendered people, swapped by the networks that come with Visage, and the exact swap`);
  const settings = firstSettings(gpu);
  const { preset, recipe, steps, imageSize, level } = settings;
  console.log(
    `Training SimSwap from scratch on rendered people of level ${level}: preset ${preset} (${imageSize} pixels), recipe ${recipe.name}, ${steps} steps`,
  );
  await trainIn(FOLDER, await newRun(settings));
}

/** Adds `visage start`. */
export function addStart(program: Command): void {
  program
    .command('start')
    .description(
      `swap two rendered faces, then train a swapper from scratch in minutes; everything lands in ${FOLDER}/`,
    )
    .action(start);
}
