import { FaceFinder, loadFaceNetworks } from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import type { Command } from 'commander';
import { type DetectionRow, measureDetection } from '../core/detection.ts';
import { addBench, type CommonOptions, finish, keep, openBench } from './common.ts';

/** Adds `detection`, whose pictures come from packages of npm and Debian. */
export function addDetection(program: Command): void {
  addBench(program, 'detection', 'faces found on 12 photographs with 140 people, and on 37 pictures without').action(
    async (options: CommonOptions) => {
      const setting = await openBench(options);
      const rows: DetectionRow[] = [];
      await measureDetection(new FaceFinder(loadFaceNetworks(npmWeights)), async (row) => {
        const { picture, people, found, wrong, ms } = row;
        console.log(`${picture}: ${found} of ${people}, ${wrong} wrong, ${Math.round(ms)} ms`);
        rows.push(row);
        await keep(setting, 'detection', rows, options);
      });
      await finish(setting, 'detection', rows, options);
    },
  );
}
