/**
 * @file A program that trains a micro run to the end, or goes on where its folder stands. It opens the device at once
 * and begins with the first line of its input: a JSON list of data folder and run folder.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startGpu } from '@visage/gpu/node';
import { RunFolder, resumedRun } from '@visage/training';
import { microRun } from './microRun.ts';

await startGpu({ deterministic: true });
const [line] = await once(createInterface({ input: process.stdin }), 'line');
const [data, out] = JSON.parse(line) as [string, string];
const checkpoint = join(out, 'checkpoint.safetensors');
const run = existsSync(checkpoint) ? await resumedRun(checkpoint) : await microRun(data);
process.stdout.write('ready\n');
await (await RunFolder.open(out, run)).train();
process.exit(0);
