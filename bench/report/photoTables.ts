/** @file Tables of the benchmarks of photographs, films and data sets of them. */
import type { Table } from '@visage/training';
import type { CarryoverRow } from '../core/carryover.ts';
import type { DataRow } from '../core/data.ts';
import type { DetectionRow } from '../core/detection.ts';
import type { FilmReport } from '../core/film.ts';
import type { FilmStage } from '../core/filmStages.ts';
import type { ParsingRow } from '../core/parsing.ts';
import { significant } from './format.ts';

/** Pictures with people one by one, those without together. */
export function detectionTable(rows: readonly DetectionRow[]): Table {
  const sum = (some: readonly DetectionRow[], of: (row: DetectionRow) => number) =>
    some.reduce((total, row) => total + of(row), 0);
  const line = (name: string, size: string, some: readonly DetectionRow[]) => [
    name,
    size,
    String(sum(some, ({ people }) => people)),
    String(sum(some, ({ found }) => found)),
    String(sum(some, ({ wrong }) => wrong)),
    significant(sum(some, ({ ms }) => ms) / Math.max(1, some.length)),
  ];
  const empty = rows.filter(({ people }) => people === 0);
  const body = rows
    .filter(({ people }) => people > 0)
    .map((row) => line(row.picture, `${row.width} x ${row.height}`, [row]));
  const none = line(`${empty.length} pictures without people`, '', empty);
  const head = ['picture', 'pixels', 'people', 'found', 'wrong', 'ms a picture'];
  return { title: 'Faces found', rows: [head, ...body, none, line('all', '', rows)] };
}

/** What an identity network makes of real faces. */
export function carryoverTable(rows: readonly CarryoverRow[]): Table {
  const number = (value: number | undefined): string => value?.toFixed(3) ?? '';
  const body = rows.map(({ faces, count, pairs, agreement, meanCosine, films }) => [
    faces,
    String(count),
    String(pairs ?? ''),
    number(agreement),
    number(meanCosine),
    films ? `${films.right} of ${films.asked}` : '',
    number(films?.leastOwn),
    number(films?.mostOther),
    films ? `${films.apart} of ${films.frames}` : '',
  ]);
  const note =
    "Agreement: Spearman's rank correlation, over pairs of two people, of the network's distances and those of dlib's recogniser; 0 says that the network's tell nothing of photographs. By mean: frames nearest to the mean of their man, which other frames make; least own and most other are the cosines to the means. By every frame: frames nearer to all other frames of their man than to any of the other's.";
  const head = 'faces|count|pairs|agreement|mean cosine|by mean|least own|most other|by every frame'.split('|');
  return { title: 'Real faces', note, rows: [head, ...body] };
}

/** What a parsing network makes of the inner faces of photographs, beside answers that need none. */
export function parsingTable(rows: readonly ParsingRow[]): Table {
  const figures = ['share', 'network', 'masked', 'outline', 'others'] as const;
  const mean = (figure: (typeof figures)[number]): number =>
    rows.reduce((sum, row) => sum + row[figure], 0) / Math.max(1, rows.length);
  const line = (name: string, of: (figure: (typeof figures)[number]) => number): string[] => [
    name,
    ...figures.map((figure) => of(figure).toFixed(3)),
  ];
  const body = rows.map((row) => line(row.face, (figure) => row[figure]));
  const head = ['face', 'share of the crop', 'network', 'mask of a swap', 'outline of the mesh', 'most other faces'];
  const note =
    'Intersection over union with the inner face that was drawn, in the aligned crop of 112 pixels. Network: pixels whose likeliest class a swap changes. Mask of a swap: the outline of the mesh without what the network sees before it. Most other faces: the pixels that more than half of the other drawn faces have.';
  return { title: 'Inner faces of photographs', note, rows: [head, ...body, line(`mean of ${rows.length}`, mean)] };
}

export function dataTable(rows: readonly DataRow[]): Table {
  const head = [
    'stored',
    'trained at',
    'threads',
    'until',
    'pictures/s',
    'pairs/s',
    'processor ms each',
    'main thread',
  ];
  const cells = rows.map((row) => [
    `${row.stored} px`,
    `${row.imageSize} px`,
    String(row.workers),
    row.until,
    String(Math.round(row.picturesPerSecond)),
    String(Math.round(row.picturesPerSecond / 2)),
    significant(row.cpuMs),
    `${Math.round(100 * row.mainShare)} %`,
  ]);
  const note = `Every picture is read and decoded each time it is drawn, on ${rows[0]?.processors} processors; a pair has two. On a software adapter the processor's time holds the adapter's.`;
  return { title: 'Pictures of a face set that reach the GPU', note, rows: [head, ...cells] };
}

export function filmTables({ parts, stages }: FilmReport): Table[] {
  const shown = (value: number | undefined): string => (value === undefined ? '' : significant(value));
  const body = parts.map((row) => [
    row.part,
    row.precision ?? '',
    ...[row.msPerFrame, row.framesPerSecond, row.firstMs, row.threadMs, row.processorMs].map(shown),
    ...[row.decodingMs, row.encodingMs, row.allMs].map(shown),
  ]);
  const head =
    'part|precision|ms a frame|frames/s|first frame|main busy|main processor|decoding|encoding|all processors';
  const note =
    'Milliseconds: of the first frame, which starts processes, and then per frame. A process is busy while its main thread does not wait for events; the one that drives the GPU asks for results of it without a pause, and the others wait for locks of codecs, which counts. Processor time is what the system gave.';
  return [
    { title: 'A film with one face', note, rows: [head.split('|'), ...body] },
    stageTable(stages),
    callTable(stages),
  ];
}

function stageTable(stages: readonly FilmStage[]): Table {
  const head = 'stage|precision|ms|device ms|calls ms|launches|submits|writes|kB up|reads|kB down|waits|new buffers';
  const body = stages.map((row) => [
    row.stage,
    row.precision,
    ...[row.ms, row.deviceMs, total(row), row.launches, row.submissions, row.writes].map(significant),
    ...[row.bytesUp / 1000, row.reads, row.bytesDown / 1000, row.waits, row.newBuffers].map(significant),
  ]);
  const note =
    'Per frame. ms is from the begin of a stage to its result; calls are what of it the thread spent inside calls of the device.';
  return { title: "Stages of a film's swap", note, rows: [head.split('|'), ...body] };
}

const total = ({ callMs }: FilmStage): number => Object.values(callMs).reduce((sum, ms) => sum + ms, 0);

const MOST_CALLS = 8; // methods in a table

/** Where the thread's time inside calls of the device goes. */
function callTable(stages: readonly FilmStage[]): Table {
  const body = stages.map(({ stage, precision, callMs }) => {
    const longest = Object.entries(callMs).sort(([, a], [, b]) => b - a);
    const shown = longest.slice(0, MOST_CALLS).map(([name, ms]) => `${name} ${significant(ms)}`);
    return [stage, precision, shown.join(', ')];
  });
  return { title: 'Milliseconds a frame inside calls of the device', rows: [['stage', 'precision', 'calls'], ...body] };
}
