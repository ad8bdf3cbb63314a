/** @file Starts ranks under the MPI libraries of Debian, as tests do. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The launchers, by the names that Debian gives them so that both can be installed. */
export const launchers = ['mpirun.openmpi', 'mpirun.mpich'] as const;
export type Launcher = (typeof launchers)[number];

/** The launchers that are installed. With `VISAGE_MPI_TESTS=required` a missing one is an error. */
export function installedLaunchers(): Launcher[] {
  const found = launchers.filter((name) => spawnSync(name, ['--version']).status === 0);
  if (process.env.VISAGE_MPI_TESTS === 'required' && found.length < launchers.length)
    throw new Error(`of ${launchers.join(', ')} only ${found.join(', ') || 'none'} can be started`);
  return found;
}

/** How a job ended and what its ranks printed. */
export interface JobResult {
  readonly status: number | null;
  readonly output: string;
}

/** What the environment of a job of tests needs besides: containers run as root, on few cores. */
export const jobEnvironment = (lanes = 1): NodeJS.ProcessEnv => ({
  ...process.env,
  UV_THREADPOOL_SIZE: String(lanes + 8),
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  OMPI_MCA_hwloc_base_binding_policy: 'none',
  OMPI_MCA_mpi_yield_when_idle: '1',
  VISAGE_SHARE_SOFTWARE: '1',
});

/** Runs a program of this folder on some ranks, until they end or `seconds` have passed. */
export function runJob(
  launcher: Launcher,
  ranks: number,
  program: readonly string[],
  more: NodeJS.ProcessEnv = {},
  seconds = 120,
): Promise<JobResult> {
  const [file, ...args] = program as [string, ...string[]];
  const command = [
    '-n',
    String(ranks),
    process.execPath,
    '--import',
    './scripts/register.mjs',
    `test/distributed/${file}`,
  ];
  const child = spawn(launcher, [...command, ...args], {
    cwd: root,
    env: { ...jobEnvironment(), ...more },
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      output += `\nno end after ${seconds} s`;
      process.kill(-(child.pid as number), 'SIGKILL');
    }, seconds * 1000);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output });
    });
  });
}
