/** @file A run that is killed in the middle of its third segment: `killedRun.ts INPUT OUTPUT`. */
import { startGpu } from '@visage/gpu/node';
import { changeFilm } from '@visage/photos/node';
import { brighter } from './work.ts';

const [, , input, output] = process.argv as [string, string, string, string];
await startGpu({ deterministic: true });
let seen = 0;
const work = brighter(() => {
  if (++seen === 38) process.kill(process.pid, 'SIGKILL');
});
await changeFilm(input, output, work, { segmentSeconds: 0.5, settings: { brighter: true } });
