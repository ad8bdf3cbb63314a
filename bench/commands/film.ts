import { integer } from '@visage/cli';
import type { Command } from 'commander';
import { type FilmRow, timeFilm } from '../core/film.ts';
import { addBench, type CommonOptions, finish, keep, openBench, withSizes } from './common.ts';

/** Adds `film`. */
export function addFilm(program: Command): void {
  const command = addBench(program, 'film', 'a film with one face: codecs alone, the GPU alone, and both together');
  withSizes(command)
    .option('--height <pixels>', 'of the film, 16:9 (default: 1080; software adapter: 360)', integer(90, 4320))
    .option('--frames <n>', 'frames of the film (default: 300; software adapter: 40)', integer(20, 1300))
    .action(async (options: CommonOptions & { height?: number; frames?: number }) => {
      const setting = await openBench(options);
      const { gpu, sizes, precisions } = setting;
      const [height, frames] = gpu.adapter.software ? [360, 40] : [1080, 300];
      const tall = options.height ?? height;
      const shape = {
        width: 16 * Math.round(tall / 9),
        height: 2 * Math.round(tall / 2),
        frames: options.frames ?? frames,
      };
      console.log(`film of ${shape.width} x ${shape.height}, ${shape.frames} frames`);
      const rows: FilmRow[] = [];
      await timeFilm(gpu, sizes, precisions, shape, (row) => {
        console.log(`${row.part}${row.precision ? ` ${row.precision}` : ''}: ${row.msPerFrame.toFixed(2)} ms a frame`);
        rows.push(row);
      });
      await keep(setting, 'film', rows, options);
      await finish(setting, 'film', rows, options);
    });
}
