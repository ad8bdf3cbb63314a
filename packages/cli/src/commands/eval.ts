import { aligned } from '@visage/conformance';
import { type Level, levelNames } from '@visage/faces';
import { type CheckpointHeader, readCheckpointHeader, type Swapper, swapPipeline } from '@visage/simswap';
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
import { readNetworks } from '../photos/networks.ts';
import { openDevice } from '../terminal/device.ts';
import { UsageError } from '../terminal/failure.ts';
import { withFlags } from '../terminal/flags.ts';
import { integer } from '../terminal/options.ts';
import { precisionOption } from '../terminal/precision.ts';
import { addRecipeFields } from '../terminal/recipe.ts';
import { addCompareOptions, type CompareOptions, compare, refuseCompareOptions } from './compare.ts';
import { addPhotosOptions, evalPhotos, type PhotosOptions, refusePhotosOptions } from './evalPhotos.ts';

interface Options extends Omit<CompareOptions, 'level'>, Omit<PhotosOptions, 'photos'> {
  readonly photos?: string;
  readonly level?: Level;
  readonly compare?: boolean;
  readonly tuning?: boolean;
  readonly data?: readonly string[];
  readonly judge?: string;
}

const peopleSetOf = ({ tuning }: Pick<Options, 'tuning'>): PeopleSet => (tuning ? 'tuning' : 'reporting');

async function evaluate(options: Options, command: Command): Promise<void> {
  const { photos: folder } = options;
  if (folder !== undefined) {
    refuseCompareOptions(command, ['out']);
    return evalPhotos({ ...options, photos: folder }, command);
  }
  refusePhotosOptions(command);
  if (options.compare) return compareAs(options);
  refuseCompareOptions(command);
  const { people, json, precision = 'f32' } = options;
  const peopleSet = peopleSetOf(options);
  const networks = await readNetworks(options);
  const { name, file, size: imageSize } = networks;
  const header = swapPipeline(file) ? undefined : readCheckpointHeader(file);
  const level = options.level ?? levelOf(header);
  if (header === undefined) refuseDataOptions(name, options);
  const gpu = await openDevice();
  const swapper = await networks.swapper();
  const judge = await loadIdentityNetwork(builtInJudge(level));
  const evaluation = await SwapEvaluation.prepare({ judge, imageSize, level, people, peopleSet });
  const scores = await evaluation.measure(swapper);
  const { references } = evaluation;
  const photos = header && (await photosOf(name, header, swapper, options));
  const step = header?.step;
  if (json) {
    const { checkpoint = null } = options; // null: the swapper that comes with Visage
    const measured = { people, peopleSet, level, scores, references, photos };
    console.log(JSON.stringify({ checkpoint, step, adapter: gpu.adapter.name, precision, ...measured }, null, 2));
    return;
  }
  const { rows, note } = scoreTable(people, peopleSet, references, scores);
  const trained = step === undefined ? '' : `, step ${step}`;
  console.log(`${name}${trained}, on faces of level ${level}, in ${precision} precision on ${adapterLine(gpu)}\n`);
  console.log([...aligned(rows), '', note].join('\n'));
  if (!photos) return;
  const table = photoTable(photos.people, photos.references, photos.scores);
  console.log(['', ...aligned(table.rows), '', table.note].join('\n'));
}

/** Runs `visage eval --compare`. */
function compareAs(options: Options): Promise<void> {
  if (options.precision !== undefined)
    throw new UsageError('eval: --compare trains and swaps in f32; leave --precision out');
  if (options.data !== undefined || options.judge !== undefined)
    throw new UsageError('eval: --compare measures on rendered faces; leave --data and --judge out');
  if (options.identity !== undefined)
    throw new UsageError('eval: --compare takes training checkpoints, which carry their own; leave --identity out');
  return compare({ ...options, level: options.level ?? 'L1', peopleSet: peopleSetOf(options) });
}

/**
 * The level on which a swapper is measured unless a flag names one: that of its training. A generator without a header
 * takes faces that are aligned as those of mesh heads are; M2 is the level of the one that comes with Visage.
 */
const levelOf = (header: CheckpointHeader | undefined): Level =>
  header === undefined ? 'M2' : (trainingLevel(header) ?? 'L1');

/** The scores on people whom the run held out of its data set, if it trained on one. */
async function photosOf(
  checkpoint: string,
  header: CheckpointHeader,
  swapper: Swapper,
  { data: folders, judge }: Options,
): Promise<PhotoFigures | undefined> {
  if (!trainedOnPictures(header)) {
    refuseDataOptions(checkpoint, { data: folders, judge });
    return undefined;
  }
  return withFlags({ folders: '--data' }, () => measurePhotos(checkpoint, header, swapper, { folders, judge }));
}

function refuseDataOptions(name: string, { data, judge }: Pick<Options, 'data' | 'judge'>): void {
  if (data !== undefined || judge !== undefined)
    throw new UsageError(`eval: ${name} does not say that it was trained on a data set; leave --data and --judge out`);
}

/** Adds `visage eval`. */
export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .description('measure a swapper on people whom it never saw, beside the answers that need no swapper')
    .option(
      '--checkpoint <file>',
      'what `visage train` wrote, or a generator of `visage import` or `export --pipeline` (default: the swapper that comes with Visage)',
    )
    .option('--identity <file>', 'the identity network of an imported generator; a checkpoint carries its own')
    .option('--people <n>', 'how many people', integer(3, 1000), 50)
    .option(
      '--tuning',
      'measure on the tuning people, as training runs do, and leave the reporting people for figures that nothing is chosen by',
    )
    .addOption(
      new Option(
        '--level <level>',
        'difficulty of the faces (default: that of the training, of a generator M2, with --compare L1)',
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
  addRecipeFields(
    addCompareOptions(addPhotosOptions(command)),
    "with --compare: set a field of SimSwap's recipe",
  ).action(evaluate);
}
