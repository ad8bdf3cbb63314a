/** @file The comparison as a table, as JSON and as a page of pictures. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Image, imageGrid, imagesOf, type Level } from '@visage/faces';
import { encodePng } from '@visage/faces/node';
import { saveFile } from '@visage/nn/node';
import { writeMarkedPng } from '@visage/photos/node';
import type { RecipeChanges } from '@visage/simswap';
import { aboutPeople } from '../evaluation/people.ts';
import { percent } from '../evaluation/scores.ts';
import { reportPage, type Table } from '../report/page.ts';
import { spreadOf, withSpread } from '../report/spread.ts';
import { duration } from '../report/text.ts';
import { type HardResults, hardPictures, hardTables, writeHardPictures } from './hardReport.ts';
import type { HardScores } from './hardSheet.ts';
import { type ComparedScores, type Comparison, type ReferenceName, type SystemScores, timedAtOnce } from './measure.ts';
import type { Spent } from './plan/budget.ts';
import { type SwapPlan, swapGroups } from './plan/swaps.ts';

/** The scores of one training of a system. */
export interface SystemRun {
  /** `undefined` for a checkpoint that was not trained here. */
  readonly seed?: number;
  readonly spent: Spent;
  /** Total time of preparation, training and measurement. */
  readonly wallSeconds: number;
  readonly scores: SystemScores;
  /** For DeepFakes, the share of its swaps that are recognised as a third person. */
  readonly strangers?: number;
}

/** The results of a system: the mean over its runs. */
export interface SystemResult {
  readonly name: string;
  readonly parameters: number;
  readonly spent: Spent;
  readonly scores: SystemScores;
  /** Standard deviation of each score over the runs; `undefined` for a single run. */
  readonly spread?: SystemScores;
  readonly runs: readonly SystemRun[];
}

/** Computes the mean and the spread of the runs of a system. */
export function resultOf(name: string, parameters: number, runs: readonly SystemRun[]): SystemResult {
  const names = Object.keys((runs[0] as SystemRun).scores) as (keyof SystemScores)[];
  const figures = names.map((score) => [score, spreadOf(runs.map(({ scores }) => scores[score]))] as const);
  const of = (part: 'mean' | 'deviation') =>
    Object.fromEntries(figures.map(([score, figure]) => [score, figure[part]])) as unknown as SystemScores;
  const spent = {
    steps: Math.round(spreadOf(runs.map((run) => run.spent.steps)).mean),
    seconds: spreadOf(runs.map((run) => run.spent.seconds)).mean,
  };
  return { name, parameters, spent, scores: of('mean'), ...(runs.length > 1 ? { spread: of('deviation') } : {}), runs };
}

/** The results of a comparison, which `--json` prints and the page shows. */
export interface ComparisonResult {
  readonly adapter: string;
  readonly preset: string;
  readonly imageSize: number;
  readonly level: Level;
  readonly plan: SwapPlan;
  /** Every system is trained once from each of these seeds. */
  readonly seeds: readonly number[];
  /** Fields of SimSwap's recipe that were changed. */
  readonly set?: RecipeChanges;
  /** Steps of the attribute regressors; their errors on true faces are the row `truth` of the references. */
  readonly meterSteps: number;
  /** The systems that were measured so far. */
  readonly systems: readonly SystemResult[];
  readonly references: Readonly<Record<ReferenceName, ComparedScores>>;
  /**
   * Share of DeepFakes' swaps that are recognised as a third person, which is the score it would reach if it were asked
   * for one; `undefined` until it was measured.
   */
  readonly strangers?: number;
  /** Scores of the hard cases by system, beside those of the exact swaps; on mesh heads alone. */
  readonly hard?: Readonly<Record<string, readonly HardScores[]>>;
}

const REFERENCES: readonly (readonly [ReferenceName, string])[] = [
  ['copyTarget', 'copy the target'],
  ['copySource', 'copy the source'],
  ['meanIdentity', 'mean identity'],
  ['truth', 'exact truth'],
];

/** The results as a table. The head of each column that a regressor measures states its error on true faces. */
export function comparisonTable(result: ComparisonResult): Table {
  const { systems, references } = result;
  const { truth } = references;
  const floor = (name: string, value: number, unit = '') => `${name}${unit} (floor ${value.toFixed(2)})`;
  const head = [
    'system',
    'retrieval',
    floor('pose', truth.pose, '°'),
    floor('expression', truth.expression),
    floor('gaze', truth.gaze, '°'),
    floor('light', truth.light, '°'),
    'PSNR',
    'self-swap',
    'ms/face',
    'parameters',
    'steps',
    'trained for',
  ];
  const digits = (value: number) => value.toFixed(2);
  const figure = (scores: ComparedScores, name: keyof ComparedScores, spread?: ComparedScores) => ({
    mean: scores[name],
    deviation: spread?.[name],
  });
  const shared = (scores: ComparedScores, spread?: ComparedScores) => [
    withSpread(figure(scores, 'retrieval', spread), (share) => (100 * share).toFixed(1), ' %'),
    ...(['pose', 'expression', 'gaze', 'light'] as const).map((name) =>
      withSpread(figure(scores, name, spread), digits),
    ),
    Number.isFinite(scores.psnr) ? withSpread(figure(scores, 'psnr', spread), digits, ' dB') : '∞',
  ];
  const system = ({ name, spent, parameters, scores, spread }: SystemResult) => [
    name,
    ...shared(scores, spread),
    withSpread({ mean: scores.selfPsnr, deviation: spread?.selfPsnr }, digits, ' dB'),
    digits(scores.millisecondsPerFace),
    `${(parameters / 1e6).toFixed(2)} M`,
    String(spent.steps),
    Number.isNaN(spent.seconds) ? '–' : duration(spent.seconds),
  ];
  const reference = ([name, label]: (typeof REFERENCES)[number]) => [
    label,
    ...shared(references[name]),
    ...Array(5).fill(''),
  ];
  return {
    title: 'The systems, and the answers that need none',
    note: noteOf(result),
    rows: [head, ...systems.map(system), ...REFERENCES.map(reference)],
  };
}

/** Explains the figures, the people that they are measured on, and the differences in how the systems were tuned. */
function noteOf({ plan, imageSize, seeds, strangers }: ComparisonResult): string {
  const couples = plan.couples === 1 ? 'one couple' : `${plan.couples} couples`;
  return [
    `${2 * plan.couples * plan.photos} swaps within ${couples} of ${aboutPeople(plan.peopleSet, plan.people)}.`,
    'DeepFakes trains a network on each couple, on other photos.',
    seeds.length > 1
      ? `Figures of systems are mean ± standard deviation over trainings from the seeds ${seeds.join(', ')}.`
      : `One training each, from seed ${seeds[0]}: how far another seed would be away, it does not tell.`,
    `Retrieval: recognised as the source among ${plan.people} people by a judge of another architecture. Pose, expression, gaze, light: mean error against the target's true parameters, read by regressors whose own error on true faces is the floor; expression in units of its spread, gaze as the mean of both eyes. PSNR on the inner face against the exact truth, self-swap against the photo itself. ms/face with the source's identity found, in batches of ${timedAtOnce(plan, imageSize)}; parameters without the identity network.`,
    "Only SimSwap's learning rates were searched at these sizes; FaceShifter has the 4e-4 of its public ports, DeepFakes the first rate that did not break.",
    strangers === undefined
      ? ''
      : `Asked for a third person, DeepFakes gives one of its two: ${percent(strangers)} are recognised as him.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** A table with a row for each training and the time that it took. */
export function runsTable({ systems }: ComparisonResult): Table {
  const head = ['system', 'seed', 'retrieval', 'PSNR', 'steps', 'trained for', 'with measuring'];
  const row = (name: string, { seed, scores, spent, wallSeconds }: SystemRun) => [
    name,
    seed === undefined ? '–' : String(seed),
    percent(scores.retrieval),
    `${scores.psnr.toFixed(2)} dB`,
    String(spent.steps),
    Number.isNaN(spent.seconds) ? '–' : duration(spent.seconds),
    duration(wallSeconds),
  ];
  return {
    title: 'Each training',
    rows: [head, ...systems.flatMap(({ name, runs }) => runs.map((run) => row(name, run)))],
  };
}

/**
 * A grid of faces. Its rows are sources, targets, the swaps of each system and the exact swaps; it has one column for
 * each person swapped into the other of the couple.
 */
export function comparisonPicture(
  { faces }: Comparison,
  swaps: ReadonlyMap<string, Float32Array>,
  { imageSize, plan }: Pick<ComparisonResult, 'imageSize' | 'plan'>,
): Image {
  const columns = swapGroups(plan).map(({ from }) => from);
  const rows: (readonly [string, Float32Array])[] = [
    ['source', faces.sources],
    ['target', faces.targets],
    ...swaps,
    ['truth', faces.truths],
  ];
  const cells = rows.flatMap(([, batch]) => {
    const all = imagesOf(batch, imageSize);
    return columns.map((k) => all[k] as Image);
  });
  const rowLabels = rows.map(([name]) => name);
  return imageGrid(cells, { columns: columns.length, rowLabels, scale: Math.max(1, Math.round(96 / imageSize)) });
}

/**
 * Writes `comparison.json`, `comparison.png` and the self-contained page `index.html` into a folder, and with hard
 * cases a matrix of each system.
 */
export async function writeComparison(
  folder: string,
  result: ComparisonResult,
  picture: Image,
  hard?: HardResults,
): Promise<void> {
  const { adapter, preset, imageSize, level, set = {} } = result;
  await mkdir(folder, { recursive: true });
  const html = reportPage({
    title: 'Visage: the systems of the paper, compared',
    facts: [
      ['adapter', adapter],
      ['preset', `${preset}: ${imageSize} pixels, faces of level ${level}`],
      ...Object.entries(set).map(([path, value]): [string, string] => [`SimSwap's ${path}`, String(value)]),
    ],
    tables: [comparisonTable(result), runsTable(result), ...(hard ? hardTables(hard) : [])],
    pictures: [
      { title: 'Source, target, each system, and the truth', png: encodePng(picture) },
      ...(hard ? hardPictures(hard) : []),
    ],
    timeline: [],
    besideTimeline: [],
    charts: [],
  });
  await saveFile(join(folder, 'index.html'), Buffer.from(html));
  await saveFile(join(folder, 'comparison.json'), Buffer.from(`${JSON.stringify(result, null, 2)}\n`));
  await writeMarkedPng(join(folder, 'comparison.png'), picture);
  if (hard) await writeHardPictures(folder, hard);
}
