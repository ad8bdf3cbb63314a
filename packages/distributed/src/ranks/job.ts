import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Gpu, VisageError } from '@visage/gpu';
import type { ExchangePlan, ExchangeRequest, GradientExchange } from '@visage/simswap';
import { BucketExchange } from '../exchange/exchange.ts';
import type { ExchangeTimes, PlanOptions } from '../exchange/plan.ts';
import type { Messages } from '../exchange/transport.ts';
import { Mpi, OTHER_THREADS, type Route } from '../mpi/mpi.ts';
import { computesOn, type HostGpu, type RankDevice, refuseSharedGpus, takeGpu } from './devices.ts';
import {
  hangSecondsIn,
  lanesIn,
  RANKS_FOLDER,
  type RankEnvironment,
  rankEnvironment,
  sharesMemoryIn,
  TOLD,
} from './environment.ts';
import { Watch } from './watch.ts';

/** Who a rank is. */
export interface RankName {
  readonly rank: number;
  readonly host: string;
  readonly pid: number;
}

/** Such as `rank 1 of 4 (host, process 4711)`. */
export const describeRank = ({ rank, host, pid }: RankName, ranks: number): string =>
  `rank ${rank} of ${ranks} (${host}, process ${pid})`;

/** Milliseconds in which rank 0 may end a job before another rank, whose message would say the same, does. */
const AFTER_RANK_0 = 5000;

/** The ranks that train together, seen from one of them. */
export class Job {
  readonly rank: number;
  readonly ranks: number;
  /** Such as `Open MPI v4.1.4`. */
  readonly mpi: string;
  /** All ranks, in order. */
  readonly names: readonly RankName[];
  /** The GPU that this rank shows to Vulkan. */
  readonly gpu: HostGpu | undefined;
  readonly #mpi: Mpi;
  readonly #watch: Watch;
  #isEnding = false;

  private constructor(mpi: Mpi, names: readonly RankName[], gpu: HostGpu | undefined, seconds: number) {
    this.#mpi = mpi;
    this.rank = mpi.rank;
    this.ranks = mpi.ranks;
    this.mpi = mpi.version;
    this.names = names;
    this.gpu = gpu;
    const limits = { every: Math.min(2000, (1000 * seconds) / 5), most: 1000 * seconds };
    this.#watch = new Watch(mpi, limits, (rank, still) => this.#hung(rank, still));
  }

  /**
   * Joins the job that a launcher started this process for, and takes a GPU. Returns `undefined` for a process that is
   * alone. To be called before the device is opened.
   *
   * @throws VisageError when koffi or MPI is missing, or there are more ranks than GPUs.
   */
  static async join(env: NodeJS.ProcessEnv = process.env): Promise<Job | undefined> {
    const told = rankEnvironment(env);
    if (!told) return undefined;
    const mpi = await Mpi.join(lanesIn(env), sharesMemoryIn(env));
    if (mpi.ranks !== told.ranks) throw new VisageError(notJoined(told, mpi));
    const own = { rank: mpi.rank, host: hostname(), pid: process.pid };
    const folder = env[RANKS_FOLDER];
    if (folder) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${own.rank}.json`), JSON.stringify(own));
    }
    const gpu = takeGpu(told.localRank ?? mpi.localRank, mpi.localRanks, env);
    return new Job(mpi, await mpi.gather(own), gpu, hangSecondsIn(env));
  }

  /**
   * Makes sure that every rank has a device of its own, now that they are open. All ranks must call it.
   *
   * @returns a warning where that cannot be told.
   * @throws VisageError when two ranks compute on one device.
   */
  async checkDevices(gpu: Gpu): Promise<string | undefined> {
    const { software } = gpu.adapter;
    const uuid = software ? undefined : computesOn(process.pid);
    const own: RankDevice = { host: hostname(), software, ...(uuid !== undefined && { uuid }) };
    return refuseSharedGpus(await this.#mpi.gather(own));
  }

  /** What averages the gradients of the ranks. */
  exchange(gpu: Gpu, options?: Partial<PlanOptions>): JobExchange {
    return new JobExchange(new BucketExchange(gpu, this.#mpi, options), this.#watch);
  }

  /** Messages that can be under way at once. */
  get lanes(): number {
    return this.#mpi.lanes;
  }

  /** The route of the messages of its exchanges. */
  get route(): Route {
    return this.#mpi.route;
  }

  /** The routes that messages can take here, with what makes those of each. */
  get routes(): ReadonlyMap<Route, Messages> {
    return this.#mpi.routes;
  }

  /** What would make the exchange faster. */
  get advice(): readonly string[] {
    const all: string[] = [];
    const [wanted, threads] = [lanesIn(), lanesIn() + OTHER_THREADS];
    if (this.lanes < wanted)
      all.push(
        `a rank has too few threads for ${wanted} messages at once, so there are ${this.lanes}; start with UV_THREADPOOL_SIZE=${threads}`,
      );
    const { notShared } = this.#mpi;
    if (notShared)
      all.push(
        `the ranks of this host cannot share memory (${notShared}), so messages go through MPI, which is slower; all of them must be of one container and one user, and started without --isolate`,
      );
    return all;
  }

  /** What every rank says, in the order of the ranks. All of them must ask. */
  gather<T>(value: T): Promise<T[]> {
    return this.#mpi.gather(value);
  }

  /**
   * Makes sure that all ranks say the same, for instance of the state from which they begin.
   *
   * @throws VisageError that names the first rank which does not.
   */
  async checkSame(what: string, value: string): Promise<void> {
    const all = await this.gather(value);
    const other = all.findIndex((each) => each !== all[0]);
    if (other < 0) return;
    throw new VisageError(
      `${this.nameOf(other)} has another ${what} than rank 0; all ranks need one version of Visage, the same files and kinds of GPU that compute alike`,
    );
  }

  /** A rank as {@link describeRank} names it. */
  nameOf(rank: number = this.rank): string {
    return describeRank(this.names[rank] as RankName, this.ranks);
  }

  /** Ends all ranks because of an error of this one, with one line that names it. */
  async fail(message: string): Promise<never> {
    // An error that all ranks share is told by rank 0, which may have something to save before.
    if (this.rank > 0) await new Promise((resolve) => setTimeout(resolve, AFTER_RANK_0));
    return this.#end(`${this.nameOf()}: ${message}`);
  }

  /** Leaves the job when all ranks do. */
  async leave(): Promise<void> {
    await this.gather(0); // MPI's own end blocks the process until all ranks come
    this.#watch.end();
    await this.gather(0);
    this.#watch.drain();
    await this.#mpi.leave();
  }

  #hung(rank: number | undefined, seconds: number): void {
    if (this.#isEnding) return;
    const what = rank === undefined ? 'all ranks wait for each other' : `${this.nameOf(rank)} has made no progress`;
    this.#end(`${what} for ${seconds} s now; all ranks end. The last checkpoint is as it was, go on with --resume`);
  }

  #end(line: string): never {
    this.#isEnding = true;
    this.#watch.end();
    if (isFirstToTell(line)) writeFileSync(process.stderr.fd, `visage: ${line}\n`); // before MPI ends this process
    this.#mpi.abort(1);
    process.exit(1);
  }
}

/** The exchange of a job, which keeps the ranks from taking long work for a hang. */
export class JobExchange implements GradientExchange {
  readonly rank: number;
  readonly ranks: number;
  readonly #buckets: BucketExchange;
  readonly #watch: Watch;

  constructor(buckets: BucketExchange, watch: Watch) {
    this.#buckets = buckets;
    this.#watch = watch;
    this.rank = buckets.rank;
    this.ranks = buckets.ranks;
  }

  plan(request: ExchangeRequest): ExchangePlan {
    return this.#buckets.plan(request);
  }

  any(yes: boolean): Promise<boolean> {
    return this.#buckets.any(yes);
  }

  gather<T>(value: T): Promise<T[]> {
    return this.#buckets.gather(value);
  }

  steps<T>(work: () => Promise<T>): Promise<T> {
    return this.#watch.steps(work);
  }

  aside<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#watch.aside(work);
  }

  /** What the exchanges since the last call took, the oldest first. */
  takeTimes(): readonly ExchangeTimes[] {
    return this.#buckets.takeTimes();
  }
}

/**
 * Notes for the launcher that a rank says why the job ends. A second rank of the host says nothing: one that stood
 * still is woken to be ended, and then misses the rank that has named it.
 */
function isFirstToTell(line: string): boolean {
  const folder = process.env[RANKS_FOLDER];
  if (!folder) return true;
  try {
    writeFileSync(join(folder, TOLD), line, { flag: 'wx' });
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'EEXIST';
  }
}

function notJoined({ launcher, ranks }: RankEnvironment, mpi: Mpi): string {
  const advice =
    launcher === 'Slurm'
      ? 'start with srun --mpi=pmix (or pmi2)'
      : 'install the library of the same MPI, or name it with VISAGE_MPI';
  return `${launcher} started ${ranks} ranks, but ${mpi.version} found ${mpi.ranks}: launcher and library do not fit; ${advice}`;
}
