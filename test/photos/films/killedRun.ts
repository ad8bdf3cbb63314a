/** @file A run that is killed while it looks at frame N: `killedRun.ts INPUT OUTPUT N`, of a film or a folder. */
import { statSync } from 'node:fs';
import { startGpu } from '@visage/gpu/node';
import { changeFilm, changeFolder } from '@visage/photos/node';
import { brighter } from './work.ts';

const [, , input, output, frame] = process.argv as [string, string, string, string, string];
await startGpu({ deterministic: true });
let seen = 0;
const work = brighter(() => {
  if (++seen === Number(frame)) process.kill(process.pid, 'SIGKILL');
});
const settings = { brighter: true };
if (statSync(input).isDirectory()) await changeFolder(input, output, work, { settings });
else await changeFilm(input, output, work, { segmentSeconds: 0.5, settings });
