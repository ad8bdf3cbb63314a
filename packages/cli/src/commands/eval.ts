import { aligned } from '@visage/conformance';
import { type Level, levelNames } from '@visage/faces';
import { loadSafetensors } from '@visage/nn/node';
import {
  type CheckpointHeader,
  loadSwapper,
  type Precision,
  readCheckpointHeader,
  type Swapper,
} from '@visage/simswap';
import type { PeopleSet, PhotoFigures } from '@visage/training';
import {
  adapterLine,
  builtInJudge,
  loadIdentityNetwork,
  measurePhotos,
  photoTable,
  SwapEvaluation,
  scoreTable,
  trainedOnPictures,
  trainingLevel,
} from '@visage/training';
import { type Command, Option } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { UsageError } from '../terminal/failure.ts';
import { withFlags } from '../terminal/flags.ts';
import { integer } from '../terminal/options.ts';
import { precisionOption, warnOfPrecision } from '../terminal/precision.ts';
import { addRecipeFields } from '../terminal/recipe.ts';
import { addCompareOptions, type CompareOptions, compare, refuseCompareOptions } from './compare.ts';

interface Options extends Omit<CompareOptions, 'level'> {
  readonly level?: Level;
  readonly compare?: boolean;
  readonly precision?: Precision;
  readonly tuning?: boolean;
  readonly data?: readonly string[];
  readonly judge?: string;
}

const peopleSetOf = ({ tuning }: Pick<Options, 'tuning'>): PeopleSet => (tuning ? 'tuning' : 'reporting');

async function evaluate(options: Options, command: Command): Promise<void> {
  if (options.compare) {
    if (options.precision !== undefined)
      throw new UsageError('eval: --compare trains and swaps in f32; leave --precision out');
    if (options.data !== undefined || options.judge !== undefined)
      throw new UsageError('eval: --compare measures on rendered faces; leave --data and --judge out');
    return compare({ ...options, level: options.level ?? 'L1', peopleSet: peopleSetOf(options) });
  }
  refuseCompareOptions(command);
  const { checkpoint, people, json, precision = 'f32' } = options;
  const peopleSet = peopleSetOf(options);
  if (checkpoint === undefined)
    throw new UsageError('eval: --checkpoint says which file to measure; or let --compare train all systems');
  const file = await loadSafetensors(checkpoint);
  const header = readCheckpointHeader(file);
  const { imageSize, step } = header;
  const level = options.level ?? trainingLevel(header) ?? 'L1';
  const gpu = await openDevice();
  warnOfPrecision(precision);
  const judge = await loadIdentityNetwork(builtInJudge(level));
  const evaluation = await SwapEvaluation.prepare({ judge, imageSize, level, people, peopleSet });
  const swapper = loadSwapper(file, { precision });
  const scores = await evaluation.measure(swapper);
  const { references } = evaluation;
  const photos = await photosOf(checkpoint, header, swapper, options);
  if (json) {
    console.log(
      JSON.stringify(
        {
          checkpoint,
          step,
          adapter: gpu.adapter.name,
          precision,
          people,
          peopleSet,
          level,
          scores,
          references,
          photos,
        },
        null,
        2,
      ),
    );
    return;
  }
  const { rows, note } = scoreTable(people, peopleSet, references, scores);
  console.log(
    `${checkpoint}, step ${step}, on faces of level ${level}, in ${precision} precision on ${adapterLine(gpu)}\n`,
  );
  console.log([...aligned(rows), '', note].join('\n'));
  if (!photos) return;
  const table = photoTable(photos.people, photos.references, photos.scores);
  console.log(['', ...aligned(table.rows), '', table.note].join('\n'));
}

/** The scores on people whom the run held out of its data set, if it trained on one. */
async function photosOf(
  checkpoint: string,
  header: CheckpointHeader,
  swapper: Swapper,
  { data: folders, judge }: Options,
): Promise<PhotoFigures | undefined> {
  if (!trainedOnPictures(header)) {
    if (folders === undefined && judge === undefined) return undefined;
    throw new UsageError(`eval: ${checkpoint} was not trained on a data set; leave --data and --judge out`);
  }
  return withFlags({ folders: '--data' }, () => measurePhotos(checkpoint, header, swapper, { folders, judge }));
}

/** Adds `visage eval`. */
export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .description('measure a checkpoint on people whom it never saw, beside the answers that need no swapper')
    .option('--checkpoint <file>', 'what `visage train` wrote')
    .option('--people <n>', 'how many people', integer(3, 1000), 50)
    .option(
      '--tuning',
      'measure on the tuning people, as training runs do, and leave the reporting people for figures that nothing is chosen by',
    )
    .addOption(
      new Option(
        '--level <level>',
        'difficulty of the faces (default: that of the training; with --compare L1)',
      ).choices(levelNames),
    )
    .addOption(
      new Option(
        '--data <folder>',
        'where a data set that the checkpoint was trained on lies now; may be repeated',
      ).argParser((folder, before: readonly string[] = []) => [...before, folder]),
    )
    .option('--judge <file>', 'identity network that measures held-out people of that data set')
    .addOption(precisionOption())
    .option('--json', 'print JSON');
  addRecipeFields(addCompareOptions(command), "with --compare: set a field of SimSwap's recipe").action(evaluate);
}
