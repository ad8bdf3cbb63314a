/** @file The lists of VGGFace2 that say where the faces of its pictures are. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError } from '@visage/nn';
import type { FivePoints } from '../../core/face.ts';
import type { Box } from '../../core/geometry.ts';
import { linesOf } from './open.ts';

/** Where the face of a picture is. */
export interface ListedFace {
  readonly box: Box;
  readonly points: FivePoints;
}

/** Where the faces of pictures are, by the path of a picture. */
export interface FaceLists {
  readonly files: readonly string[];
  /** Undefined for a picture in no list. */
  of(source: string): ListedFace | undefined;
}

const FOLDER = 'bb_landmark';
const ROW = 14; // x, y, width and height of the box, then x and y of five points

/**
 * Reads `bb_landmark/loose_bb_*.csv` (NAME_ID, X, Y, W, H) and `loose_landmark_*.csv` (NAME_ID, P1X, P1Y, … P5X, P5Y)
 * of a folder. A NAME_ID such as "n000001/0001_01" is a person and a picture without its ending.
 *
 * All lists are held in memory: the name and 14 numbers of each picture.
 *
 * @returns undefined if the folder has no such lists.
 * @throws FileError for a line that is none.
 */
export async function readFaceLists(folder: string): Promise<FaceLists | undefined> {
  const names = (await readdir(join(folder, FOLDER)).catch(() => [])).sort();
  const files = names.filter((name) => /^loose_(bb|landmark)_.*\.csv$/.test(name)).map((name) => join(FOLDER, name));
  if (files.length === 0) return undefined;
  const rows = new Rows();
  for (const file of files) await readCsv(join(folder, file), /_bb_/.test(file) ? 0 : 4, rows);
  return { files, of: (source) => faceOf(rows, source) };
}

/** Numbers by name, in little memory. */
class Rows {
  readonly #numbers = new Map<string, number>();
  #values = new Float32Array(ROW * 1024).fill(Number.NaN);

  /** Sets values of a row from a column on. */
  set(name: string, column: number, values: readonly number[]): void {
    const row = this.#numbers.get(name) ?? this.#numbers.size;
    this.#numbers.set(name, row);
    if (ROW * (row + 1) > this.#values.length) {
      const larger = new Float32Array(2 * this.#values.length).fill(Number.NaN);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values.set(values, ROW * row + column);
  }

  get(name: string): Float32Array | undefined {
    const row = this.#numbers.get(name);
    return row === undefined ? undefined : this.#values.subarray(ROW * row, ROW * (row + 1));
  }
}

async function readCsv(path: string, column: number, rows: Rows): Promise<void> {
  const count = column === 0 ? 4 : 10;
  let number = 0;
  for await (const line of linesOf(path)) {
    number++;
    if (line === '' || (number === 1 && line.includes('NAME_ID'))) continue;
    const [name = '', ...values] = line.split(',').map((text) => text.trim().replace(/^"|"$/g, ''));
    const numbers = values.map(Number);
    if (name === '' || numbers.length !== count || !numbers.every(Number.isFinite))
      throw new FileError(path, `line ${number} is '${line.slice(0, 80)}', expected a name and ${count} numbers`);
    rows.set(name, column, numbers);
  }
}

/** The row of the person and picture at the end of a path; boxes that are in no list are taken around the points. */
function faceOf(rows: Rows, source: string): ListedFace | undefined {
  const name = source
    .replace(/\.\w+$/, '')
    .split('/')
    .slice(-2)
    .join('/');
  const row = rows.get(name);
  if (!row || Number.isNaN(row[4])) return undefined;
  const at = (k: number): number => row[k] as number;
  const points = [0, 1, 2, 3, 4].map((k) => [at(4 + 2 * k), at(5 + 2 * k)] as const) as unknown as FivePoints;
  const box = { x: at(0), y: at(1), width: at(2), height: at(3) };
  return { points, box: Number.isNaN(box.x) ? around(points) : box };
}

/** A box around points, as much larger as a face is than its features. */
function around(points: FivePoints): Box {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  return { x: left - width / 2, y: top - height / 2, width: 2 * width, height: 2 * height };
}
