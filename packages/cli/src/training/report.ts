import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SwapScores } from '@visage/faces';
import { currentGpu } from '@visage/gpu';
import { saveFile } from '@visage/nn/node';
import { type Chart, type Picture, reportPage } from '../report/page.ts';
import { adapterLine } from '../terminal/device.ts';
import type { AnswerName } from './evaluate.ts';
import type { LogLine } from './log.ts';
import type { PeopleSet } from './people.ts';
import { scoreTable } from './scores.ts';
import { describeDiscriminator, describeRecipe, type RunSettings } from './settings.ts';

/** What the report of a run is made from; pictures are read from the folder. */
export interface RunReport {
  readonly folder: string;
  readonly settings: RunSettings;
  readonly step: number;
  readonly lines: readonly LogLine[];
  readonly scores?: SwapScores;
  readonly references?: Readonly<Record<AnswerName, SwapScores>>;
  /** Whose swaps they measure. Default `tuning`. */
  readonly peopleSet?: PeopleSet;
  /** Unknown before a step on each kind of pairs. */
  readonly kernelsPerStep?: number;
}

const MOST_POINTS = 2000; // per curve; longer runs are thinned
const MOST_PICTURES = 40; // in the timeline

/** Writes `index.html` into the folder: facts, scores, the swap, sample grids over time, curves. */
export async function writeRunReport(run: RunReport): Promise<void> {
  const { folder, settings, step, lines, scores, references, peopleSet = 'tuning' } = run;
  const html = reportPage({
    title:
      step < settings.steps
        ? `Visage: ${step} of ${settings.steps} steps`
        : 'Visage: a face swapper trained from scratch',
    facts: facts(run),
    tables: references ? [scoreTable(settings.heldOut, peopleSet, references, scores)] : [],
    pictures: await picturesIn(folder, { 'swap.png': 'One swap' }),
    timeline: await timelineIn(folder),
    besideTimeline: await picturesIn(folder, { 'truth.png': 'the exact answers' }),
    charts: charts(lines),
  });
  await saveFile(join(folder, 'index.html'), Buffer.from(html));
}

function facts({ settings, step, lines, kernelsPerStep }: RunReport): [string, string][] {
  const { preset, recipe, imageSize, batchSize, folder } = settings;
  const rate = lines.filter((line) => line.event === 'step').at(-1)?.values.stepsPerSecond ?? 0;
  return [
    ['adapter', adapterLine(currentGpu())],
    ['preset', `${preset}: ${imageSize} pixels, batch ${batchSize}`],
    ['recipe', describeRecipe(recipe)],
    ['discriminator', describeDiscriminator(settings.discriminator)],
    ['faces', folder ?? 'procedural'],
    ['steps', `${step} of ${settings.steps}`],
    ['speed', `${rate.toFixed(2)} steps/s, ${(rate * batchSize).toFixed(1)} images/s`],
    ...(kernelsPerStep ? [['kernels per step', String(Math.round(kernelsPerStep))] satisfies [string, string]] : []),
  ];
}

/** Those of the named pictures that are there already. */
async function picturesIn(folder: string, titles: Readonly<Record<string, string>>): Promise<Picture[]> {
  const read = async ([file, title]: [string, string]) => ({
    title,
    png: await readFile(join(folder, file)).catch(() => undefined),
  });
  const found = await Promise.all(Object.entries(titles).map(read));
  return found.flatMap(({ title, png }) => (png ? [{ title, png }] : []));
}

async function timelineIn(folder: string): Promise<Picture[]> {
  const files = (await readdir(join(folder, 'samples'))).filter((name) => /^step-\d+\.png$/.test(name)).sort();
  const read = async (name: string) => ({
    title: `step ${Number(name.slice(5, -4))}`,
    png: await readFile(join(folder, 'samples', name)),
  });
  return Promise.all(thinned(files, MOST_PICTURES).map(read));
}

/** At most `most` items, evenly spread, the last one included. */
function thinned<T>(items: readonly T[], most: number): T[] {
  const stride = Math.ceil(items.length / most);
  return items.filter((_, k) => (items.length - 1 - k) % stride === 0);
}

function charts(lines: readonly LogLine[]): Chart[] {
  const steps = lines.filter((line) => line.event === 'step');
  const measured = lines.filter((line) => line.event === 'measure');
  const chart = (title: string, from: readonly LogLine[], names: readonly string[]): Chart => {
    const points = thinned(from, MOST_POINTS);
    const curve = (name: string) => points.map((line) => line.values[name] ?? null);
    return {
      title,
      steps: points.map((line) => line.step),
      curves: Object.fromEntries(names.map((name) => [name, curve(name)])),
    };
  };
  /** One loss, apart for the two kinds of pairs: it means something else for each. */
  const byKind = (title: string, name: string): Chart => {
    const points = thinned(steps, MOST_POINTS);
    const curve = (kind: string) => points.map((line) => (line.note === kind ? (line.values[name] ?? null) : null));
    const curves = { 'two people': curve('cross'), 'one person': curve('same') };
    return { title, steps: points.map((line) => line.step), curves };
  };
  const all = [
    byKind('identity loss', 'identity'),
    byKind('reconstruction loss', 'reconstruction'),
    chart('feature matching', steps, ['featureMatching']),
    chart('the two players', steps, ['adversarial', 'real', 'fake']),
    chart('gradient penalty', steps, ['gradientPenalty']),
    chart('inner face against the exact truth, dB, tuning people', measured, ['psnr']),
    chart('recognised as the source, and leak, tuning people', measured, ['top1', 'leak']),
  ];
  return all.filter(({ steps: x }) => x.length > 0);
}
