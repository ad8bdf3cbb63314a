/** @file The content of a checkpoint file, made piece by piece from tensors on the device. */
import { ArgumentError, type Gpu, type GpuBuffer, linearGrid, readInPlace } from '@visage/gpu';
import { filesFileOrder } from '@visage/kernels';
import type { DType, Tensor } from '@visage/tensor';
import { fileWalk, type Layout } from '../core/layouts.ts';
import { FILE_DTYPE_BYTES, type FileDType } from './header.ts';
import type { FilePlan, ListedTensor } from './safetensors.ts';

/** The types of tensors in files. */
export const FILE_DTYPES: Readonly<Record<DType, FileDType>> = {
  f32: 'F32',
  f16: 'F16',
  i32: 'I32',
  u32: 'U32',
  u8: 'U8',
};

/** A tensor that is going to lie in a file in this layout. */
export interface FileOrdered extends ListedTensor {
  readonly tensor: Tensor;
  readonly layout: Layout;
}

/** Takes the next bytes of a file. They are valid until the promise settles. */
export type TakeBytes = (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

const WORKGROUP = 256;
const PIECE = 16 * 2 ** 20; // bytes; of these on the host at once: PIECES
const PIECES = 3; // one is written, one travels, one waits for the device behind the steps of a training
const JOB = 256; // bytes; bindings may begin at multiples of it everywhere
const NONE = 0xffffffff;

/** Words of a tensor that go into a piece. */
interface Job {
  /** The number of the tensor in the file. */
  readonly slot: number;
  /** In words: where the job begins in the tensor, how long it is, and where it begins in the piece. */
  readonly first: number;
  readonly count: number;
  readonly at: number;
}

/** Cuts the tensors of 4-byte elements, which lie in front, into pieces. */
function piecesOf({ entries }: FilePlan<FileOrdered>): Job[][] {
  const pieces: Job[][] = [];
  let room = 0;
  for (const [slot, { tensor, bytes }] of entries.entries()) {
    if (FILE_DTYPE_BYTES[tensor.dtype] !== 4) continue;
    for (let first = 0; first < bytes / 4; ) {
      if (room === 0) {
        pieces.push([]);
        room = PIECE / 4;
      }
      const count = Math.min(room, bytes / 4 - first);
      (pieces.at(-1) as Job[]).push({ slot, first, count, at: PIECE / 4 - room });
      first += count;
      room -= count;
    }
  }
  return pieces;
}

/** What the pieces of a file are made with; see kernels/files/fileOrder.wgsl. */
interface Workbench {
  readonly gpu: Gpu;
  /** Pieces in turn. */
  readonly pieces: readonly GpuBuffer[];
  /** The numbers of all jobs. */
  readonly jobs: GpuBuffer;
  /** For each tensor the first element that is not finite. */
  readonly found: GpuBuffer;
}

/** The bytes of a checkpoint, which are read from the device as they are poured. */
export class CheckpointContent {
  /** Bytes of the file. */
  readonly bytes: number;
  readonly #plan: FilePlan<FileOrdered>;
  readonly #sources: readonly GpuBuffer[];
  readonly #release: () => void;

  /**
   * @param sources for each tensor of the plan the buffer with its values.
   * @param release gives the sources back.
   */
  constructor(plan: FilePlan<FileOrdered>, sources: readonly GpuBuffer[], release: () => void) {
    this.bytes = plan.bytes;
    this.#plan = plan;
    this.#sources = sources;
    this.#release = release;
  }

  /**
   * Calls `take` with the bytes of the file, piece by piece and in order; each call waits for the one before. Between
   * the pieces the host is free: it holds 48 MiB of the file at the most.
   *
   * @throws ArgumentError when a value is infinite or not a number, after all bytes were taken: no run could go on from
   * it, so the file must not be kept.
   */
  async pour(take: TakeBytes): Promise<void> {
    const { head, entries } = this.#plan;
    await take(new Uint8Array(head));
    const pieces = piecesOf(this.#plan);
    const [first] = entries;
    if (!first) return;
    const { gpu } = first.tensor.tensor;
    const bench = this.#workbench(gpu, pieces);
    try {
      await this.#pourWords(bench, pieces, take);
      for (const [slot, { tensor, bytes }] of entries.entries()) {
        if (FILE_DTYPE_BYTES[tensor.dtype] === 4) continue;
        await readInPlace(gpu, this.#sources[slot] as GpuBuffer, (view) => take(view.subarray(0, bytes)));
      }
      await this.#checkFinite(bench);
    } finally {
      for (const buffer of [...bench.pieces, bench.jobs, bench.found]) gpu.release(buffer);
    }
  }

  /** All bytes of the file. Disposes the content. @throws as {@link CheckpointContent.pour} does. */
  async collect(): Promise<Uint8Array> {
    try {
      const out = new Uint8Array(this.bytes);
      let at = 0;
      await this.pour(async (bytes) => {
        out.set(bytes, at);
        at += bytes.length;
      });
      return out;
    } finally {
      this.dispose();
    }
  }

  /** Gives the copies on the device back. To be called once. */
  dispose(): void {
    this.#release();
  }

  #workbench(gpu: Gpu, pieces: readonly Job[][]): Workbench {
    const jobs = pieces.flat();
    const numbers = new Uint32Array((JOB / 4) * Math.max(1, jobs.length));
    for (const [k, { slot, first, count, at }] of jobs.entries()) {
      const { tensor, layout, dtype } = (this.#plan.entries[slot] as { tensor: FileOrdered }).tensor;
      const { extents, strides } = fileWalk(tensor.shape, layout);
      numbers.set([...extents, ...strides, first, count, at, slot, Number(dtype === 'F32')], (JOB / 4) * k);
    }
    const largest = Math.min(PIECE, this.bytes);
    const bench = {
      gpu,
      pieces: pieces.slice(0, PIECES).map(() => gpu.alloc(largest)),
      jobs: gpu.upload(numbers),
      found: gpu.upload(new Uint32Array(this.#plan.entries.length).fill(NONE)),
    };
    for (const buffer of [...bench.pieces, bench.jobs, bench.found]) gpu.adopt(buffer);
    return bench;
  }

  async #pourWords(bench: Workbench, pieces: readonly Job[][], take: TakeBytes): Promise<void> {
    const taken: Promise<void>[] = [];
    let job = 0;
    try {
      for (const [k, jobs] of pieces.entries()) {
        await taken[k - PIECES];
        const piece = bench.pieces[k % PIECES] as GpuBuffer;
        for (const each of jobs) this.#order(bench, piece, each, job++);
        const { at, count } = jobs.at(-1) as Job;
        const before = taken[k - 1];
        const next = readInPlace(bench.gpu, piece.part(0, 4 * (at + count)), async (view) => {
          await before;
          await take(view);
        });
        next.catch(() => {}); // thrown where it is awaited
        taken.push(next);
      }
    } finally {
      await Promise.allSettled(taken);
    }
    await taken.at(-1);
  }

  #order({ gpu, jobs, found }: Workbench, piece: GpuBuffer, { slot, count }: Job, number: number): void {
    gpu.dispatch({
      program: { name: 'files/fileOrder', constants: { WG: WORKGROUP }, parts: [filesFileOrder] },
      buffers: [piece, found, this.#sources[slot] as GpuBuffer, jobs.part(JOB * number, JOB)],
      grid: linearGrid(Math.ceil(count / WORKGROUP)),
    });
  }

  async #checkFinite({ gpu, found }: Workbench): Promise<void> {
    const firsts = new Uint32Array(await gpu.read(found));
    const slot = firsts.subarray(0, this.#plan.entries.length).findIndex((first) => first !== NONE);
    if (slot < 0) return;
    const { name, tensor, layout } = (this.#plan.entries[slot] as { tensor: FileOrdered }).tensor;
    const element = firsts[slot] as number;
    const { extents, strides } = fileWalk(tensor.shape, layout);
    let [rest, own] = [element, 0];
    for (let axis = 3; axis >= 0; axis--) {
      const extent = extents[axis] as number;
      own += (rest % extent) * (strides[axis] as number);
      rest = Math.floor(rest / extent);
    }
    const [value] = new Float32Array(await gpu.read((this.#sources[slot] as GpuBuffer).part(4 * own, 4)));
    const hint = 'No run could go on from it; go back to an earlier checkpoint';
    throw new ArgumentError(
      'saveCheckpoint',
      `element ${element} of '${name}'`,
      String(value),
      'a finite number',
      hint,
    );
  }
}
