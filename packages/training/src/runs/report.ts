import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SwapScores } from '@visage/faces';
import { currentGpu } from '@visage/gpu';
import { saveFile } from '@visage/nn/node';
import type { AnswerName } from '../evaluation/evaluate.ts';
import type { PeopleSet } from '../evaluation/people.ts';
import { photoTable, scoreTable } from '../evaluation/scores.ts';
import { type Picture, reportPage, type Table } from '../report/page.ts';
import { adapterLine } from '../report/text.ts';
import { describeData, describeDiscriminator, describeRecipe, type RunSettings } from '../settings/settings.ts';
import { chartsOf, digestOf, type LogDigest } from './curves.ts';
import type { LogLine } from './log.ts';
import type { PhotoFigures } from './results.ts';

/** The content of the report of a run; pictures are read from its folder. */
export interface RunReport {
  readonly folder: string;
  readonly settings: RunSettings;
  readonly step: number;
  /** The lines of its log. They are iterated only once, so they may be streamed from the disk. */
  readonly lines: Iterable<LogLine>;
  readonly scores?: SwapScores;
  readonly references?: Readonly<Record<AnswerName, SwapScores>>;
  /** The set of people whose swaps the scores measure. Default `tuning`. */
  readonly peopleSet?: PeopleSet;
  readonly photos?: PhotoFigures;
  /** `undefined` until one step on each kind of pairs was read. */
  readonly kernelsPerStep?: number;
  /** How many devices trained together. Default 1. */
  readonly ranks?: number;
}

const MOST_PICTURES = 40; // pictures in the timeline

/**
 * Writes `index.html` into the folder of the run, with facts, scores, one swap, the sample grids over time and the
 * curves.
 */
export async function writeRunReport(run: RunReport): Promise<void> {
  const { folder, settings, step, lines, scores, references, peopleSet = 'tuning', photos } = run;
  const digest = digestOf(lines);
  const html = reportPage({
    title:
      step < settings.steps
        ? `Visage: ${step} of ${settings.steps} steps`
        : 'Visage: a face swapper trained from scratch',
    facts: facts(run, digest),
    tables: [
      ...(references ? [scoreTable(settings.heldOut, peopleSet, references, scores)] : []),
      ...(photos ? [photoTable(photos.people, photos.references, photos.scores)] : []),
      ...(digest.warningCount > 0 ? [warningTable(digest)] : []),
    ],
    pictures: await picturesIn(folder, { 'swap.png': 'One swap' }),
    timeline: await timelineIn(folder, step),
    besideTimeline: await picturesIn(folder, { 'truth.png': 'the exact answers' }),
    charts: chartsOf(digest),
  });
  await saveFile(join(folder, 'index.html'), Buffer.from(html));
}

function warningTable({ warnings, warningCount }: LogDigest): Table {
  const rows = warnings.map(({ step, note }) => [String(step), note ?? '']);
  const note =
    warningCount > rows.length ? `The latest ${rows.length} of ${warningCount}; log.jsonl has all.` : undefined;
  return { title: 'Warnings', ...(note && { note }), rows: [['step', 'what happened'], ...rows] };
}

function facts(
  { settings, step, kernelsPerStep, ranks = 1 }: RunReport,
  { stepsPerSecond: rate }: LogDigest,
): [string, string][] {
  const { preset, recipe, imageSize, batchSize } = settings;
  return [
    ['adapter', adapterLine(currentGpu())],
    ['preset', `${preset}: ${imageSize} pixels, batch ${ranks > 1 ? `${ranks} x ` : ''}${batchSize}`],
    ['recipe', describeRecipe(recipe)],
    ['discriminator', describeDiscriminator(settings.discriminator)],
    ['faces', describeData(settings)],
    ['steps', `${step} of ${settings.steps}`],
    ['speed', `${rate.toFixed(2)} steps/s, ${(rate * batchSize * ranks).toFixed(1)} images/s`],
    ...(kernelsPerStep ? [['kernels per step', String(Math.round(kernelsPerStep))] satisfies [string, string]] : []),
  ];
}

/** Reads the named pictures, and leaves out those that do not exist yet. */
async function picturesIn(folder: string, titles: Readonly<Record<string, string>>): Promise<Picture[]> {
  const read = async ([file, title]: [string, string]) => ({
    title,
    png: await readFile(join(folder, file)).catch(() => undefined),
  });
  const found = await Promise.all(Object.entries(titles).map(read));
  return found.flatMap(({ title, png }) => (png ? [{ title, png }] : []));
}

/**
 * The sample grids up to a step. A run that was killed and resumed may have left later ones, which it will make again.
 */
async function timelineIn(folder: string, step: number): Promise<Picture[]> {
  const stepOf = (name: string) => Number(/^step-(\d+)\.png$/.exec(name)?.[1] ?? Number.NaN);
  const files = (await readdir(join(folder, 'samples'))).filter((name) => stepOf(name) <= step);
  const read = async (name: string) => ({
    title: `step ${stepOf(name)}`,
    png: await readFile(join(folder, 'samples', name)),
  });
  files.sort((a, b) => stepOf(a) - stepOf(b));
  return Promise.all(thinned(files, MOST_PICTURES).map(read));
}

/** At most `most` evenly spaced items, including the last. */
function thinned<T>(items: readonly T[], most: number): T[] {
  const stride = Math.ceil(items.length / most);
  return items.filter((_, k) => (items.length - 1 - k) % stride === 0);
}
