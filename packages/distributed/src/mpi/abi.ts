/** @file The binary interfaces of MPI: the same functions with other handles and other numbers. */

/** What a handle is to C: a pointer, or an int. */
export type Handle = bigint | number | object;

/** A binary interface, with its handles by name, or as the symbols that they are the addresses of. */
export interface Abi {
  readonly name: 'Open MPI' | 'MPICH' | 'standard';
  /** The C type of handles. */
  readonly handle: 'void *' | 'int';
  /** `MPI_THREAD_MULTIPLE`. */
  readonly multiple: number;
  /** `MPI_COMM_TYPE_SHARED`. */
  readonly shared: number;
  readonly world: string | Handle;
  readonly byte: string | Handle;
  readonly infoNull: string | Handle;
  readonly errorsReturn: string | Handle;
}

/** Open MPI 4 and 5: handles are the addresses of objects that the library exports. */
export const openMpi: Abi = {
  name: 'Open MPI',
  handle: 'void *',
  multiple: 3,
  shared: 0,
  world: 'ompi_mpi_comm_world',
  byte: 'ompi_mpi_byte',
  infoNull: 'ompi_mpi_info_null',
  errorsReturn: 'ompi_mpi_errors_return',
};

/** MPICH 3 to 5 and what is made of it (Intel MPI, MVAPICH, Cray): handles are ints. */
export const mpich: Abi = {
  name: 'MPICH',
  handle: 'int',
  multiple: 3,
  shared: 1,
  world: 0x44000000,
  byte: 0x4c00010d,
  infoNull: 0x1c000000,
  errorsReturn: 0x54000001,
};

/** The standard interface of MPI 5 (`libmpi_abi`): handles are pointers with small fixed values. */
export const standard: Abi = {
  name: 'standard',
  handle: 'void *',
  multiple: 4096,
  shared: 221,
  world: 0x101n,
  byte: 0x247n,
  infoNull: 0x130n,
  errorsReturn: 0x143n,
};
