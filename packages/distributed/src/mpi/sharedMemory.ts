/**
 * @file Memory that the ranks of a host share.
 *
 * Linux makes it without a name (`memfd_create`): another process of the same user opens it as a descriptor of the one
 * that made it, in /proc. So nothing is left behind when ranks are killed, and the limit of /dev/shm, 64 MB in many
 * containers, is none for it. MPI's own windows are files there, with which MPICH ends by SIGBUS when they are full.
 */
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { VisageError } from '@visage/gpu';
import type { Koffi, Native } from './library.ts';

// What Linux's headers define.
const MFD_CLOEXEC = 1;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;

/** Memory as this process sees it. */
export interface Block {
  readonly address: bigint;
  readonly bytes: number;
}

/** Where other processes find a block that one has made. */
export interface BlockName {
  readonly pid: number;
  readonly descriptor: number;
}

/** Makes, opens and frees memory that several processes see. */
export class SharedMemory {
  readonly #koffi: Koffi;
  readonly #create: Native;
  readonly #map: Native;
  readonly #unmap: Native;

  /** @throws Error where the system has no such memory. */
  constructor(koffi: Koffi) {
    const libc = koffi.load(null);
    this.#koffi = koffi;
    this.#create = libc.func('memfd_create', 'int', ['str', 'unsigned int']);
    this.#map = libc.func('mmap', 'intptr_t', ['void *', 'size_t', 'int', 'int', 'int', 'int64_t']);
    this.#unmap = libc.func('munmap', 'int', ['void *', 'size_t']);
  }

  /**
   * Makes a block of zeros. Others can open it until {@link SharedMemory.hide}; it lasts until all have freed it.
   *
   * @throws VisageError, or the error of the system, when there is none to be had.
   */
  make(bytes: number): Block & BlockName {
    const descriptor = this.#called('memfd_create', this.#create('visage', MFD_CLOEXEC));
    try {
      ftruncateSync(descriptor, bytes);
      return { ...this.#mapped(descriptor, bytes), descriptor, pid: process.pid };
    } catch (cause) {
      closeSync(descriptor);
      throw cause;
    }
  }

  /** Takes a block that this process made away from those who have not opened it. */
  hide({ descriptor }: BlockName): void {
    closeSync(descriptor);
  }

  /**
   * Opens a block that another process made.
   *
   * @throws the error of the system when that is not allowed, or there is none.
   */
  open({ pid, descriptor }: BlockName, bytes: number): Block {
    const opened = openSync(`/proc/${pid}/fd/${descriptor}`, 'r+');
    try {
      return this.#mapped(opened, bytes);
    } finally {
      closeSync(opened);
    }
  }

  free({ address, bytes }: Block): void {
    this.#called('munmap', this.#unmap(address, bytes));
  }

  #mapped(descriptor: number, bytes: number): Block {
    const address = this.#called('mmap', this.#map(null, bytes, PROT_READ_WRITE, MAP_SHARED, descriptor, 0));
    return { address: BigInt(address), bytes };
  }

  #called(what: string, result: number): number {
    if (Number(result) !== -1) return result;
    throw new VisageError(`${what}: ${getSystemErrorName(-this.#koffi.errno())}`);
  }
}
