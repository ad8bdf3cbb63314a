import { integer } from '@visage/cli';
import type { Command } from 'commander';
import { type FilmReport, type FilmRow, timeFilm } from '../core/film.ts';
import type { FilmStage } from '../core/filmStages.ts';
import { addBench, type CommonOptions, finish, openBench, withSizes } from './common.ts';

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
      const [parts, stages]: [FilmRow[], FilmStage[]] = [[], []];
      await timeFilm(gpu, sizes, precisions, shape, {
        part(row) {
          const { part, precision = '', msPerFrame } = row;
          console.log(`${part} ${precision}: ${msPerFrame.toFixed(2)} ms a frame`);
          parts.push(row);
        },
        stage: (row) => void stages.push(row),
      });
      const report: FilmReport = { parts, stages };
      await finish(setting, 'film', report, options);
    });
}
