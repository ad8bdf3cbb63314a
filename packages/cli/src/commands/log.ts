import { basename } from 'node:path';
import { FileError } from '@visage/nn';
import { checkOutput, saveFile } from '@visage/nn/node';
import { logLines, logPage, shortLog } from '@visage/training';
import type { Command } from 'commander';
import { integer } from '../terminal/options.ts';

interface Options {
  readonly out: string;
  readonly points: number;
}

async function shortenLog(path: string, { out, points }: Options): Promise<void> {
  await checkOutput(out, { inputs: [path], endings: ['.jsonl', '.html'] });
  const lines = shortLog(logLines(path), points);
  if (lines.length === 0) throw new FileError(path, 'no line of a training log; expected the log.jsonl of a training');
  const text = /\.html$/i.test(out)
    ? logPage(lines, basename(path))
    : lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await saveFile(out, Buffer.from(text));
  console.log(`${out}: ${lines.length} lines, ${(Buffer.byteLength(text) / 1e3).toFixed(0)} kB`);
}

/** Adds `visage log`. */
export function addLog(program: Command): void {
  program
    .command('log')
    .description("shorten a training's log, to be kept or sent: every measurement, and some of the steps")
    .argument('<file>', 'log.jsonl of a training')
    .requiredOption('-o, --out <file>', 'where to write; the ending decides: .jsonl, or .html for a page of curves')
    .option('--points <n>', 'steps to keep of each kind of pairs', integer(2, 100_000), 200)
    .action(shortenLog);
}
