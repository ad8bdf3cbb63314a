/** @file Finds MPI at run time, by the launcher that started this process. */
import { VisageError } from '@visage/gpu';
import { type Abi, mpich, openMpi, standard } from './abi.ts';

/** A C function. */
export interface Native {
  (...args: unknown[]): number;
  /** Calls it on a thread of the pool. */
  async(...args: unknown[]): void;
}

/** A shared library. */
export interface Library {
  func(name: string, result: string, args: readonly string[]): Native;
  symbol(name: string): object;
}

/** What is used of koffi. */
export interface Koffi {
  config(options: { async_stack_size?: number }): unknown;
  load(path: string | null, options?: { global?: boolean }): Library;
  /** Why the latest call of this thread failed, as C numbers it. */
  errno(): number;
}

/** koffi runs C on stacks of its own, and MPICH needs more than the 128 KiB that they have by default. */
const STACK = 2 ** 20;

let loaded: Promise<Koffi> | undefined;

/**
 * Loads koffi once in a process, because it refuses its configuration when a library has been loaded by it.
 *
 * @throws VisageError that says how to install koffi, when it is missing.
 */
export function loadKoffi(): Promise<Koffi> {
  loaded ??= configured();
  return loaded;
}

async function configured(): Promise<Koffi> {
  try {
    const { default: koffi } = (await import('koffi')) as unknown as { default: Koffi };
    koffi.config({ async_stack_size: STACK });
    return koffi;
  } catch (cause) {
    throw new VisageError(
      `training on several GPUs calls MPI through the package koffi, which could not be loaded (${(cause as Error).message.split('\n')[0]}); install it with: npm install koffi@3.3.4`,
    );
  }
}

/** The command that installs an MPI, for messages. */
export const INSTALL_MPI = 'apt-get install openmpi-bin (or mpich)';

const OPEN_MPI = ['libmpi.so.40', 'libmpi.so.80'];
const MPICH = ['libmpich.so.12', 'libmpi.so.12'];
const STANDARD = ['libmpi_abi.so.1', 'libmpi_abi.so.0'];

/** The file names of libraries, the likeliest first: that of the launcher that started this process. */
function candidates(env: NodeJS.ProcessEnv): readonly string[] {
  if (env.VISAGE_MPI) return [env.VISAGE_MPI];
  if (env.OMPI_COMM_WORLD_SIZE) return [...OPEN_MPI, 'libmpi.so', ...STANDARD];
  if (env.PMI_SIZE) return [...MPICH, ...STANDARD, 'libmpi.so'];
  return [...OPEN_MPI, ...MPICH, ...STANDARD, 'libmpi.so'];
}

/** An MPI library with its interface. */
export interface MpiLibrary {
  readonly file: string;
  readonly library: Library;
  readonly abi: Abi;
}

/**
 * Loads the MPI library that fits the launcher, or the file that `VISAGE_MPI` names.
 *
 * @throws VisageError that names what was tried and how to install one.
 */
export function loadMpi(koffi: Koffi, env: NodeJS.ProcessEnv = process.env): MpiLibrary {
  // UCX, below MPICH and Open MPI, rewrites the code of brk and mmap to learn of freed memory. With the threads of Node
  // running, that has ended a process with SIGSEGV. All that is sent is kept from step to step, so it may do without.
  env.UCX_MEM_EVENTS ??= 'n';
  const tried: string[] = [];
  for (const file of candidates(env)) {
    try {
      // Open MPI's components look for the symbols of the library that loaded them.
      const library = koffi.load(file, { global: true });
      return { file, library, abi: abiOf(file, library) };
    } catch (cause) {
      tried.push(`${file} (${(cause as Error).message.split('\n')[0]})`);
    }
  }
  throw new VisageError(`no MPI library could be loaded; install one with: ${INSTALL_MPI}. Tried: ${tried.join(', ')}`);
}

function abiOf(file: string, library: Library): Abi {
  try {
    library.symbol(openMpi.world as string);
    return openMpi;
  } catch {
    return file.includes('mpi_abi') ? standard : mpich;
  }
}
