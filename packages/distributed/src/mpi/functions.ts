import type { Abi } from './abi.ts';
import type { Library, Native } from './library.ts';

const NAMES = [
  'init',
  'finalize',
  'abort',
  'rank',
  'size',
  'split',
  'duplicate',
  'handler',
  'version',
  'error',
  'allToAll',
  'allGather',
  'barrier',
  'send',
  'receive',
  'probe',
] as const;

/** The functions of MPI that are called, by short names. */
export type MpiFunctions = Readonly<Record<(typeof NAMES)[number], Native>>;

/** Declares the functions of an MPI library. Sizes are counts of bytes, which MPI takes as ints. */
export function mpiFunctions(library: Library, { handle: H }: Pick<Abi, 'handle'>): MpiFunctions {
  const declare = (name: string, ...args: string[]): Native => library.func(`MPI_${name}`, 'int', args);
  const newHandle = `_Out_ ${H} *`;
  return {
    init: declare('Init_thread', 'void *', 'void *', 'int', '_Out_ int *'),
    finalize: declare('Finalize'),
    abort: declare('Abort', H, 'int'),
    rank: declare('Comm_rank', H, '_Out_ int *'),
    size: declare('Comm_size', H, '_Out_ int *'),
    split: declare('Comm_split_type', H, 'int', 'int', H, newHandle),
    duplicate: declare('Comm_dup', H, newHandle),
    handler: declare('Comm_set_errhandler', H, H),
    version: declare('Get_library_version', '_Out_ uint8_t *', '_Out_ int *'),
    error: declare('Error_string', 'int', '_Out_ uint8_t *', '_Out_ int *'),
    allToAll: declare('Alltoallv', 'void *', 'void *', 'void *', H, 'void *', 'void *', 'void *', H, H),
    allGather: declare('Allgather', 'void *', 'int', H, 'void *', 'int', H, H),
    barrier: declare('Barrier', H),
    send: declare('Send', 'void *', 'int', H, 'int', 'int', H),
    receive: declare('Recv', 'void *', 'int', H, 'int', 'int', H, 'void *'),
    probe: declare('Iprobe', 'int', 'int', H, '_Out_ int *', 'void *'),
  };
}
