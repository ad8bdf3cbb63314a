/** @file Whether the people of films are told apart, by embeddings of their frames. */
import { VisageError } from '@visage/gpu';
import { cosineOf, unit } from './likeness.ts';

/** Whether people of films are told apart: by the mean of each, and by every pair of frames. */
export interface ToldApart {
  /** All frames, and those of them that are compared with means. */
  readonly frames: number;
  readonly asked: number;
  /** Asked frames that are nearest to the mean of their own person. */
  readonly right: number;
  /** The least cosine to the own mean, and the largest one to another. A threshold between them tells all apart. */
  readonly leastOwn: number;
  readonly mostOther: number;
  /** Of all frames, those that are nearer to every other frame of their person than to any frame of another. */
  readonly apart: number;
}

const ENROLLED = 4; // one of so many frames makes the mean of its person and is not asked about

/**
 * Whether embeddings tell the people of films apart. Every fourth frame of each person makes their mean, and the others
 * are compared with the means of all. Then every frame is compared with every other frame, which is harder: it has to
 * be more alike to the least like frame of its person than to any frame of another.
 *
 * @param people whom each frame shows, in the order of the film: two people or more.
 * @param rows the embedding of each frame, a unit vector.
 * @throws VisageError for fewer than two people, and for a person with fewer than two frames.
 */
export function toldApart(people: readonly string[], rows: readonly Float32Array[]): ToldApart {
  const names = [...new Set(people)];
  if (names.length < 2) throw new VisageError(`films: frames of ${names.length} people, expected two or more`);
  const groups = names.map((name) => rows.filter((_, k) => people[k] === name));
  for (const [k, { length }] of groups.entries())
    if (length < 2) throw new VisageError(`films: ${length} frame of ${names[k]}, expected two or more`);
  const means = groups.map((own) => unit(summed(own.filter((_, k) => k % ENROLLED === 0))));
  let [asked, right, leastOwn, mostOther] = [0, 0, 1, -1];
  for (const [number, group] of groups.entries())
    for (const row of group.filter((_, k) => k % ENROLLED !== 0)) {
      const cosines = means.map((mean) => cosineOf(row, mean));
      const own = cosines[number] as number;
      const other = Math.max(...cosines.filter((_, at) => at !== number));
      asked += 1;
      if (own > other) right += 1;
      leastOwn = Math.min(leastOwn, own);
      mostOther = Math.max(mostOther, other);
    }
  const apart = rows.filter((row, k) => {
    const cosines = rows.map((other) => cosineOf(row, other));
    const least = Math.min(...cosines.filter((_, j) => people[j] === people[k]));
    return cosines.every((cosine, j) => people[j] === people[k] || cosine < least);
  }).length;
  return { frames: rows.length, asked, right, leastOwn, mostOther, apart };
}

function summed(rows: readonly Float32Array[]): Float32Array {
  const [first] = rows as [Float32Array];
  const sum = new Float32Array(first.length);
  for (const row of rows) for (const [k, value] of row.entries()) sum[k] = (sum[k] as number) + value;
  return sum;
}
