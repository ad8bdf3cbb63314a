import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FileError } from '@visage/nn';
import {
  type CurationRules,
  defaultRules,
  FaceFinder,
  loadFaceNetworks,
  type TemplateName,
  templates,
} from '@visage/photos';
import { type ImportProgress, type ImportResult, importFaceSet, npmWeights, reviseFaceSet } from '@visage/photos/node';
import { adapterLine, duration } from '@visage/training';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { type Interruption, interruptedStatus, onInterrupt } from '../terminal/interrupt.ts';
import { integer } from '../terminal/options.ts';

interface Options extends Record<keyof CurationRules, number> {
  readonly out: string;
  readonly size: number;
  readonly template: TemplateName;
  readonly quality: number;
  readonly layout?: 'people' | 'flat';
  readonly workers?: number;
  readonly keepFound?: boolean;
  readonly remove?: string[];
}

/** A flag for each rule of the curation: what it takes, and what it says. */
const RULES: Readonly<Record<keyof CurationRules, readonly [value: string, about: string]>> = {
  enlargement: ['times', 'leave out faces that are enlarged more'],
  sharpness: ['variance', 'leave out faces with a smaller variance of the Laplacian at 128 pixels'],
  yaw: ['degrees', 'leave out heads that are turned to the side more'],
  pitch: ['degrees', 'leave out heads that look up or down more'],
  flag: ['share', 'leave out what the face mesh takes for a face with less confidence'],
  inside: ['share', 'leave out faces of whose crop less lies inside the picture'],
  stranger: ['distance', "leave out faces whose descriptor is farther from the person's median"],
  duplicate: ['bits', 'leave out faces whose perceptual hashes differ in no more bits; -1 keeps them'],
  faces: ['n', 'leave out people with fewer faces'],
};
/** Pictures that a GPU looks at together. */
const PICTURES_AT_ONCE = 16;

/** The file that makes a folder a face set. */
const SET_HEADER = 'set.json';

/** Options that are about pictures, and mean nothing for a set. */
const FOR_PICTURES = ['size', 'template', 'quality', 'layout', 'workers', 'keepFound'];

const RULE_NAMES = Object.keys(RULES) as (keyof CurationRules)[];

async function dataset(folder: string, options: Options, command: Command): Promise<void> {
  if (existsSync(join(folder, SET_HEADER))) return revise(folder, options, command);
  if (options.remove) throw new FileError(folder, 'is no face set, and --remove takes faces out of one');
  const { out, size, template, quality, layout, workers, keepFound } = options;
  const rules = Object.fromEntries(RULE_NAMES.map((name) => [name, options[name]]));
  const gpu = await openDevice({ polling: 'timed' }); // the processor is needed for decoding
  const networks = loadFaceNetworks(npmWeights);
  const batch = gpu.adapter.software ? 1 : PICTURES_AT_ONCE;
  const finder = new FaceFinder(networks, { flag: Math.min(0.5, options.flag), passes: 3, batch });
  let interrupted: Interruption | undefined;
  const restore = onInterrupt((why) => {
    interrupted = why;
  });
  const line = new ProgressLine();
  const result = await importFaceSet(folder, out, finder, {
    size,
    template,
    quality,
    layout,
    workers,
    keepFound,
    rules,
    onProgress: (progress) => line.update(progress),
    stop: () => interrupted !== undefined,
  }).finally(() => line.end());
  restore();
  await networks.dispose();
  console.log(report(out, { ...result, from: `${result.pictures} pictures` }).join('\n'));
  if (gpu.adapter.software) console.log(`computed on ${adapterLine(gpu)}`);
  if (!result.header && interrupted) process.exitCode = interruptedStatus(interrupted);
}

/** Makes another set of a set, without what `--remove` names and by the rules that were given. */
async function revise(set: string, { out, remove, ...options }: Options, command: Command): Promise<void> {
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const unused = FOR_PICTURES.find(given);
  if (unused !== undefined)
    throw new FileError(set, `is a face set, whose faces are cut out already: leave --${unused} away`);
  const names = RULE_NAMES.filter(given);
  if (!remove && names.length === 0)
    throw new FileError(set, 'is a face set already; say what to --remove, or which rule to judge it by');
  const rules = names.length > 0 ? Object.fromEntries(names.map((name) => [name, options[name]])) : undefined;
  const { header, leftOut } = await reviseFaceSet(set, out, { remove, rules });
  console.log(report(out, { header, leftOut, from: set }).join('\n'));
}

/** What the command prints at its end. */
function report(
  out: string,
  { header, from, leftOut }: Pick<ImportResult, 'header' | 'leftOut'> & { readonly from: string },
): string[] {
  if (!header) return [`${out}: stopped; everything found so far is kept. Run the same command again to go on`];
  const { faces, people, size, shards, digest } = header;
  const megabytes = shards.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  const reasons = [...leftOut].map(([reason, count]) => `  left out: ${count} (${reason})`);
  return [
    `${out}: ${faces} faces of ${people} people, ${size} x ${size}, from ${from}; ${megabytes.toFixed(1)} MB`,
    ...reasons,
    `  ${out}/index.html shows every face; digest ${digest.slice(0, 16)}`,
  ];
}

const SECONDS_BETWEEN_LINES = 15; // when the output is no terminal

/** Pictures that are done and the time that is left: one line on a terminal, many in a log. */
class ProgressLine {
  #last = Number.NEGATIVE_INFINITY;
  #start: number | undefined;

  update({ done, pictures, before, layout }: ImportProgress): void {
    const now = performance.now();
    if (this.#start === undefined) {
      this.#start = now;
      const people = { people: 'a person in each folder', flat: 'people are told apart', list: 'people of a list' };
      const resumed = before > 0 ? `; ${before} are done already` : '';
      process.stderr.write(`${pictures} pictures (${people[layout]})${resumed}\n`);
      return;
    }
    const [between, ending] = process.stderr.isTTY ? [0.2, ''] : [SECONDS_BETWEEN_LINES, '\n'];
    if (now - this.#last < between * 1000 && done < pictures) return;
    this.#last = now;
    const rate = (done - before) / ((now - this.#start) / 1000);
    const left = rate > 0 ? `, ${duration((pictures - done) / rate)} left` : '';
    const text = `${done}/${pictures} pictures  ${rate.toFixed(1)} pictures/s${left}`;
    process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[2K' : ''}${text}${ending}`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  }
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number.');
  return value;
}

/** Adds `visage dataset`. */
export function addDataset(program: Command): void {
  const command = program
    .command('dataset')
    .description('make a set of aligned faces from a folder of pictures; the pictures are only read')
    .argument(
      '<folder>',
      'a folder for each person, a folder of pictures, or a text file of lines picture<TAB>person; or a face set, ' +
        'to take something out of it or judge it again',
    )
    .requiredOption('--out <set>', 'the folder of the set; an interrupted import goes on there')
    .option('--size <pixels>', 'height and width of the faces', integer(16, 1024), 224)
    .addOption(new Option('--template <name>', 'the alignment').choices(Object.keys(templates)).default('simswap'))
    .option('--quality <q>', 'of the JPEG files', integer(1, 100), 95)
    .addOption(new Option('--layout <name>', 'whether folders are people').choices(['people', 'flat']))
    .option('--workers <n>', 'threads that decode and compress', integer(1, 64))
    .option('--keep-found', 'keep all faces that were found in the set, so that other rules can be tried later')
    .option(
      '--remove <what>',
      'of a face set: a person, a picture or #number of a face that is not wanted; may be given several times',
      (text: string, before: string[] = []) => [...before, text],
    );
  for (const name of RULE_NAMES) {
    const [value, about] = RULES[name];
    command.option(`--${name} <${value}>`, about, number, defaultRules[name]);
  }
  command.action(dataset);
}
