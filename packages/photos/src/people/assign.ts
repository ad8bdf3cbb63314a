import { ArgumentError } from '@visage/gpu';
import { munkres } from 'munkres';

/**
 * Assigns rows to columns one to one, so that the sum of costs is least. A row that is left alone costs `limit`, so no
 * row gets a column that costs more.
 *
 * Rows are for instance the people that are looked for and columns the faces of a picture; `limit` is then the greatest
 * distance of two descriptors of one person. The Hungarian method finds the assignment (Munkres 1957).
 *
 * @returns the column of each row, or undefined for a row that is left alone.
 * @throws ArgumentError unless the rows are equally long and no cost is NaN.
 */
export function assignOneToOne(costs: readonly (readonly number[])[], limit: number): (number | undefined)[] {
  const columns = costs[0]?.length ?? 0;
  for (const [k, row] of costs.entries()) {
    if (row.length !== columns)
      throw new ArgumentError('assignOneToOne', `costs[${k}]`, `${row.length} numbers`, `${columns}, as in costs[0]`);
    if (row.some(Number.isNaN)) throw new ArgumentError('assignOneToOne', `costs[${k}]`, 'a row with NaN', 'numbers');
  }
  const assigned = new Array<number | undefined>(costs.length).fill(undefined);
  if (columns === 0) return assigned;
  const bounded = costs.map((row) => row.map((cost) => Math.min(cost, limit)));
  for (const [row, column] of munkres(bounded)) {
    if ((costs[row]?.[column] as number) < limit) assigned[row] = column;
  }
  return assigned;
}
