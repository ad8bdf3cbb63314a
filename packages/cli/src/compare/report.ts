/** @file The comparison as a table, as JSON and as a page of pictures. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Image, imageGrid, imagesOf, type Level } from '@visage/faces';
import { encodePng } from '@visage/faces/node';
import { saveFile } from '@visage/nn/node';
import { writeMarkedPng } from '../provenance/mark.ts';
import { reportPage, type Table } from '../report/page.ts';
import { duration } from '../terminal/progress.ts';
import type { Spent } from './budget.ts';
import { type ComparedScores, type Comparison, type ReferenceName, type SystemScores, timedAtOnce } from './measure.ts';
import { type SwapPlan, swapGroups } from './swaps.ts';

/** What was found out about a system. */
export interface SystemResult {
  readonly name: string;
  readonly spent: Spent;
  readonly parameters: number;
  readonly scores: SystemScores;
}

/** A whole comparison: what `--json` prints, and what the page is made from. */
export interface ComparisonResult {
  readonly adapter: string;
  readonly preset: string;
  readonly imageSize: number;
  readonly level: Level;
  readonly plan: SwapPlan;
  readonly seed: number;
  /** Steps of the attribute regressors; their errors on true faces are the row `truth` of the references. */
  readonly meterSteps: number;
  readonly systems: readonly SystemResult[];
  readonly references: Readonly<Record<ReferenceName, ComparedScores>>;
  /** Share of DeepFakes' swaps that are recognised as a third person: what asking it for one yields. */
  readonly strangers: number;
}

const REFERENCES: readonly (readonly [ReferenceName, string])[] = [
  ['copyTarget', 'copy the target'],
  ['copySource', 'copy the source'],
  ['meanIdentity', 'mean identity'],
  ['truth', 'exact truth'],
];

/** The result as a table; beside the name of what a regressor reads stands its error on true faces. */
export function comparisonTable({ systems, references, plan, strangers, imageSize }: ComparisonResult): Table {
  const { truth } = references;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
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
  const decibels = (value: number) => (Number.isFinite(value) ? `${value.toFixed(2)} dB` : '∞');
  const shared = ({ retrieval, pose, expression, gaze, light, psnr }: ComparedScores) => [
    percent(retrieval),
    ...[pose, expression, gaze, light].map((value) => value.toFixed(2)),
    decibels(psnr),
  ];
  const system = ({ name, spent, parameters, scores }: SystemResult) => [
    name,
    ...shared(scores),
    decibels(scores.selfPsnr),
    scores.millisecondsPerFace.toFixed(2),
    `${(parameters / 1e6).toFixed(2)} M`,
    String(spent.steps),
    Number.isNaN(spent.seconds) ? '–' : duration(spent.seconds),
  ];
  const reference = ([name, label]: (typeof REFERENCES)[number]) => [
    label,
    ...shared(references[name]),
    ...Array(5).fill(''),
  ];
  const swaps = 2 * plan.couples * plan.photos;
  const couples = plan.couples === 1 ? 'one couple' : `${plan.couples} couples`;
  return {
    title: 'The systems, and the answers that need none',
    note: `${swaps} swaps within ${couples} whom neither SimSwap nor FaceShifter trained on; DeepFakes trains a network on each couple. Retrieval: recognised as the source among ${plan.people} people by a judge of another architecture. Pose, expression, gaze, light: mean error against the target's true parameters, read by regressors whose own error on true faces is the floor; expression in units of its spread. PSNR on the inner face against the exact truth, self-swap against the photo itself. ms/face with the source's identity found, in batches of ${timedAtOnce(plan, imageSize)}; parameters without the identity network. Asked for a third person, DeepFakes gives one of its two: ${percent(strangers)} are recognised as him.`,
    rows: [head, ...systems.map(system), ...REFERENCES.map(reference)],
  };
}

/** Rows of faces: source, target, each system's swap and the truth; columns are swaps, one of each person into the other of his couple. */
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

/** Writes `comparison.json`, `comparison.png` and `index.html`, which needs neither, into a folder. */
export async function writeComparison(folder: string, result: ComparisonResult, picture: Image): Promise<void> {
  const { adapter, preset, imageSize, level } = result;
  await mkdir(folder, { recursive: true });
  const html = reportPage({
    title: 'Visage: the systems of the paper, compared',
    facts: [
      ['adapter', adapter],
      ['preset', `${preset}: ${imageSize} pixels, faces of level ${level}`],
    ],
    tables: [comparisonTable(result)],
    pictures: [{ title: 'Source, target, each system, and the truth', png: encodePng(picture) }],
    timeline: [],
    besideTimeline: [],
    charts: [],
  });
  await saveFile(join(folder, 'index.html'), Buffer.from(html));
  await saveFile(join(folder, 'comparison.json'), Buffer.from(`${JSON.stringify(result, null, 2)}\n`));
  await writeMarkedPng(join(folder, 'comparison.png'), picture);
}
