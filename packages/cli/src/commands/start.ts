import { existsSync } from 'node:fs';
import { paper } from '@visage/simswap';
import { adapterLine, emptyRunFolder, newRun, newSettings, presetFor } from '@visage/training';
import type { Command } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { outliveReader } from '../terminal/interrupt.ts';
import { trainIn } from './train.ts';

const FOLDER = 'out/first-swap';

/** Runs `npm start`: trains the preset that fits the adapter by the paper's recipe, and then swaps faces. */
async function start(): Promise<void> {
  outliveReader();
  const gpu = await openDevice();
  const preset = presetFor(gpu.adapter);
  console.log(`Computing on ${adapterLine(gpu)}`);
  console.log(
    `Training SimSwap from scratch on procedural faces: preset ${preset.name} (${preset.about}), ${preset.steps} steps`,
  );
  if (existsSync(FOLDER)) console.log(`Replacing the run in ${FOLDER}/`);
  await emptyRunFolder(FOLDER);
  await trainIn(FOLDER, await newRun(newSettings(preset, paper)));
}

/** Adds `visage start`. */
export function addStart(program: Command): void {
  program
    .command('start')
    .description(`train a swapper from scratch in minutes and swap; everything lands in ${FOLDER}/`)
    .action(start);
}
