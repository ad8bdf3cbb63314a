import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addConformance } from './commands/conformance.ts';
import { addDataset } from './commands/dataset.ts';
import { addDetect } from './commands/detect.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEval } from './commands/eval.ts';
import { addExport } from './commands/export.ts';
import { addFaces } from './commands/faces.ts';
import { addFilms } from './commands/films.ts';
import { addImport } from './commands/import.ts';
import { addKernel } from './commands/kernel.ts';
import { addLog } from './commands/log.ts';
import { addProfile } from './commands/profile.ts';
import { addStart } from './commands/start.ts';
import { addSwap } from './commands/swap.ts';
import { addTrain } from './commands/train.ts';
import { addTune } from './commands/tune.ts';

/** Creates the `visage` command with its sub-commands. */
export function createProgram(): Command {
  const program = new Command('visage')
    .version(version(), '-v, --version')
    .description('SimSwap from scratch on WebGPU: train, swap, measure')
    .enablePositionalOptions() // what follows `train identity` is of that, although `train` has options of the name
    .configureOutput({ outputError: (text, write) => write(`visage: ${oneLine(text)}\n`) })
    .showSuggestionAfterError();
  for (const add of [
    addStart,
    addTrain,
    addSwap,
    addDetect,
    addEval,
    addFaces,
    addDataset,
    addFilms,
    addDoctor,
    addProfile,
    addKernel,
    addTune,
    addConformance,
    addImport,
    addExport,
    addLog,
  ])
    add(program);
  return program;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

const oneLine = (text: string): string =>
  text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
