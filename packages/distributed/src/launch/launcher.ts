/** @file Starts the ranks of one host by `mpirun`. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VisageError } from '@visage/gpu';
import { INSTALL_MPI, loadKoffi } from '../mpi/library.ts';
import { OTHER_THREADS } from '../mpi/mpi.ts';
import { lanesIn, RANKS_FOLDER, TOLD } from '../ranks/environment.ts';
import type { RankName } from '../ranks/job.ts';

/** A launcher of MPI. */
export interface MpiLauncher {
  readonly command: string;
  readonly kind: 'Open MPI' | 'MPICH';
}

/**
 * The launcher that `VISAGE_MPIRUN` names, else the first of mpirun and mpiexec.
 *
 * @throws VisageError that says how to install one.
 */
export function findLauncher(env: NodeJS.ProcessEnv = process.env): MpiLauncher {
  const commands = env.VISAGE_MPIRUN ? [env.VISAGE_MPIRUN] : ['mpirun', 'mpiexec'];
  for (const command of commands) {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8', env });
    if (status !== 0) continue;
    return { command, kind: /open.?mpi|openrte|prrte/i.test(stdout) ? 'Open MPI' : 'MPICH' };
  }
  throw new VisageError(
    `${commands.join(' and ')} cannot be started; several GPUs need MPI, install it with: ${INSTALL_MPI}`,
  );
}

/** How to start ranks. */
export interface LaunchOptions {
  readonly ranks: number;
  /** Hides the other GPUs' device files from each rank, where Mesa's layer is not installed. */
  readonly isolate?: boolean;
}

/** Seconds from Open MPI's request to end to the end by force. The ranks wait for one that is gone. */
const KILL_SECONDS = 5;

/** The environment of ranks. Both names of a setting are those of Open MPI 4 and 5. */
function rankVariables(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  return {
    UV_THREADPOOL_SIZE: String(lanesIn(env) + OTHER_THREADS),
    OMPI_MCA_odls_base_sigkill_timeout: String(KILL_SECONDS),
    PRTE_MCA_odls_base_sigkill_timeout: String(KILL_SECONDS),
    OMPI_MCA_rmaps_base_oversubscribe: '1', // one rank for each GPU, however few the cores
    PRTE_MCA_rmaps_default_mapping_policy: ':oversubscribe',
    ...env,
    [RANKS_FOLDER]: folder,
  };
}

/** A shell script that hides the NVIDIA devices of the other ranks from the command behind it. */
const ISOLATE = [
  'rank=$' + '{OMPI_COMM_WORLD_LOCAL_RANK:-$MPI_LOCALRANKID}',
  'for each in /dev/nvidia[0-9]*; do',
  '  [ "$each" = "/dev/nvidia$rank" ] || mount --bind /dev/null "$each" || exit 1',
  'done',
  'exec "$@"',
].join('\n');

/** How ranks ended. */
export interface LaunchResult {
  readonly status: number;
  /** Which rank died first, if no rank said why the job ended. */
  readonly died?: RankName;
}

/**
 * Runs a command on several ranks of this host and waits for them. Their output is this process's.
 *
 * When `stop` is called the ranks are asked to stop after their step: their standard input ends, which works with every
 * MPI. When it is called again they are ended.
 *
 * @throws VisageError when koffi or MPI is missing.
 */
export async function launchRanks(
  command: readonly string[],
  { ranks, isolate = false }: LaunchOptions,
  onStarted: (stop: () => void) => void,
): Promise<LaunchResult> {
  await loadKoffi(); // so that its absence is told once
  const launcher = findLauncher();
  const folder = mkdtempSync(join(tmpdir(), 'visage-ranks-'));
  const binding = launcher.kind === 'Open MPI' ? ['--bind-to', 'none'] : []; // it binds a rank to one core otherwise
  const wrapped = isolate ? ['unshare', '-rm', 'sh', '-c', ISOLATE, 'sh', ...command] : command;
  const child = spawn(launcher.command, ['-n', String(ranks), ...binding, ...wrapped], {
    env: rankVariables(process.env, folder),
    stdio: 'pipe',
    detached: true, // Ctrl-C reaches this process alone
  });
  child.stdin.on('error', () => {}); // the ranks have ended
  let asked = false;
  onStarted(() => {
    if (asked) child.kill('SIGTERM');
    else child.stdin.end();
    asked = true;
  });
  let notices = '';
  let died: RankName | undefined;
  // MPICH writes its notices to the one, Open MPI to the other.
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      process[stream].write(text);
      notices = (notices + text).slice(-10_000);
    });
  const looking = setInterval(() => {
    died ??= ranksIn(folder).find(({ pid }) => !isAlive(pid));
  }, 100);
  try {
    const status = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
    });
    if (status === 0 || existsSync(join(folder, TOLD))) return { status };
    const named = namedDead(notices, ranksIn(folder)) ?? died;
    return { status, ...(named && { died: named }) };
  } finally {
    clearInterval(looking);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The rank that MPI's own notice names as dead: by its process (MPICH), or by its number (Open MPI). */
function namedDead(notices: string, names: readonly RankName[]): RankName | undefined {
  const pid = /PID (\d+) RUNNING AT/.exec(notices)?.[1];
  const rank = /process rank (\d+) .*exited on signal/.exec(notices)?.[1];
  return names.find((name) => (pid === undefined ? name.rank === Number(rank) : name.pid === Number(pid)));
}

function ranksIn(folder: string): RankName[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as RankName];
    } catch {
      return []; // it is just being written
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
