import { ArgumentError, checkInteger } from '@visage/gpu';

/**
 * One of several devices that train the same networks together. Each takes as many rows of a step's batch as the
 * others, in the order of their ranks.
 */
export interface Shard {
  /** Number of the device, from 0. */
  readonly rank: number;
  /** How many devices there are. */
  readonly ranks: number;
}

/** The only device of a training. */
export const alone: Shard = { rank: 0, ranks: 1 };

/** @throws ArgumentError in the name of `op` for a shard that is none. */
export function checkShard(op: string, { rank, ranks }: Shard): void {
  checkInteger(op, 'shard.ranks', ranks, 1, 65_536);
  checkInteger(op, 'shard.rank', rank, 0, ranks - 1);
}

/** Rows of the whole batch, when each device has `own`. */
export const rowsOfAll = (own: number, { ranks }: Shard): number => own * ranks;

/**
 * The rows of a device: element rank · n to rank · n + n − 1 of a list with one entry, or several, for each row of the
 * whole batch.
 */
export function ownRows<L extends { readonly length: number; slice(from: number, to: number): L }>(
  all: L,
  { rank, ranks }: Shard,
): L {
  const own = all.length / ranks;
  return ranks === 1 ? all : all.slice(rank * own, (rank + 1) * own);
}

/**
 * Checks that data gives the rows of a device.
 *
 * @throws ArgumentError when it gives those of another, so that devices would train on the same pictures.
 */
export function checkRowsOf(data: { readonly shard?: Shard }, { rank, ranks }: Shard): void {
  const { shard = alone } = data;
  if (shard.rank === rank && shard.ranks === ranks) return;
  throw new ArgumentError(
    'Trainer',
    'data',
    `the rows of rank ${shard.rank} of ${shard.ranks}`,
    `those of rank ${rank} of ${ranks}, as the exchange says`,
    'Make the data with the same `shard`',
  );
}
