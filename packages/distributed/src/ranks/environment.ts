/** @file What a launcher and the user tell the processes of a job by their environment. */
import { ArgumentError, checkInteger } from '@visage/gpu';

/** Where ranks of one host tell their launcher who they are; see `launchRanks`. */
export const RANKS_FOLDER = 'VISAGE_RANKS_FOLDER';
/** The file in that folder in which a rank notes why it ended the job. */
export const TOLD = 'told';

const numberIn = (env: NodeJS.ProcessEnv, name: string, otherwise: number, most: number): number => {
  const value = Number(env[name] || otherwise);
  checkInteger('environment', name, value, 1, most);
  return value;
};

/**
 * Messages under way at once: memory of one host takes several cores to copy.
 *
 * @throws ArgumentError when `VISAGE_LANES` is no number of them.
 */
export const lanesIn = (env: NodeJS.ProcessEnv = process.env): number => numberIn(env, 'VISAGE_LANES', 4, 64);

/**
 * Whether ranks of one host send their messages through memory that they share, where they can.
 *
 * @throws ArgumentError when `VISAGE_SHARED_MEMORY` is neither 0 nor 1.
 */
export function sharesMemoryIn(env: NodeJS.ProcessEnv = process.env): boolean {
  const value = env.VISAGE_SHARED_MEMORY || '1';
  if (value === '0' || value === '1') return value === '1';
  throw new ArgumentError('environment', 'VISAGE_SHARED_MEMORY', value, '0 or 1', 'With 0 all messages go through MPI');
}

/**
 * Seconds without progress after which a rank counts as hung.
 *
 * @throws ArgumentError when `VISAGE_HANG_SECONDS` is no number of them.
 */
export const hangSecondsIn = (env: NodeJS.ProcessEnv = process.env): number =>
  numberIn(env, 'VISAGE_HANG_SECONDS', 60, 86_400);

/** Where a process stands among those that a launcher started together. */
export interface RankEnvironment {
  readonly rank: number;
  readonly ranks: number;
  /** Number among the ranks of this host, where the launcher says so. */
  readonly localRank?: number;
  /** What started it, for messages. */
  readonly launcher: 'Open MPI' | 'MPICH' | 'Slurm';
}

/** Names of variables: number of ranks, rank, rank on the host. */
const LAUNCHERS = [
  ['Open MPI', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_LOCAL_RANK'],
  ['MPICH', 'PMI_SIZE', 'PMI_RANK', 'MPI_LOCALRANKID'],
  // Of a job step: these are set inside `srun`, not in the script of a batch job around it.
  ['Slurm', 'SLURM_STEP_NUM_TASKS', 'SLURM_PROCID', 'SLURM_LOCALID'],
] as const;

/** The place of this process among others, or `undefined` if it is alone. */
export function rankEnvironment(env: NodeJS.ProcessEnv = process.env): RankEnvironment | undefined {
  for (const [launcher, size, number, local] of LAUNCHERS) {
    const [ranks, rank] = [Number(env[size]), Number(env[number])];
    if (!(ranks > 1) || !Number.isInteger(rank)) continue;
    const localRank = env[local] === undefined ? undefined : Number(env[local]);
    return { launcher, rank, ranks, ...(localRank !== undefined && { localRank }) };
  }
  return undefined;
}
