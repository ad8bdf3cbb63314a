/**
 * @file Launches kernels over the rows of [outer, rows, channels], with generated parts that have bindings of their
 * own.
 */
import { type Constant, f32, linearGrid } from '@visage/gpu';
import { normRowsOf } from '@visage/kernels';
import type { DType } from '../core/dtype.ts';
import { enablesOf, floatTypeOf, paddingOf, registerAliases, stored } from '../core/storage.ts';
import type { Tensor } from '../core/tensor.ts';
import { unroll } from '../core/unroll.ts';
import type { NormPlan } from './plan.ts';
import { ALONE, groupsOf, type NormProblem, type Sharing, vectorWidthOf } from './threads.ts';

// Of the elementwise passes: each thread loads the constants of a channel once for eight rows, and thousands of threads
// remain.
const ROWS_PER_THREAD = 8;
const AT_ONCE = 4; // rows that a thread has in flight, where a workgroup sums them

/** Storage arrays that a part of a kernel declares, and the tensors behind them. */
export interface Bound {
  readonly code: string;
  readonly tensors: readonly Tensor[];
}

/** Puts parts with bindings one after the other, the first at binding `at`. */
export function bindAll(at: number, parts: readonly ((binding: number) => Bound)[]): Bound {
  const code: string[] = [];
  const tensors: Tensor[] = [];
  for (const part of parts) {
    const bound = part(at + tensors.length);
    code.push(bound.code);
    tensors.push(...bound.tensors);
  }
  return { code: code.join('\n'), tensors };
}

/** Declares storage arrays from binding `at` on. */
export const declared = (
  access: 'read' | 'read_write',
  type: 'V' | 'S' | 'Raw',
  tensors: Readonly<Record<string, Tensor>>,
  at: number,
) =>
  Object.keys(tensors).map(
    (name, k) => `@group(0) @binding(${at + k}) var<storage, ${access}> ${name} : array<${type}>;`,
  );

/** How a kernel over rows is launched. */
export interface RowLaunch {
  readonly sharing: Sharing;
  readonly chunks: number;
  readonly bound?: Bound;
  readonly constants?: Readonly<Record<string, Constant>>;
  /** Rows that each thread keeps in registers, for kernels that do. */
  readonly registers?: NormPlan['registers'];
  /** Types of what the parts read; that of `x` by default. */
  readonly types?: readonly DType[];
  readonly parts?: readonly string[];
}

/** Launches a kernel over [outer, rows, channels]; `tensors` in binding order, `x` says how images are stored. */
export function launchRows(
  name: string,
  kernel: string,
  p: NormProblem,
  x: Tensor,
  tensors: readonly Tensor[],
  how: RowLaunch,
): void {
  const { sharing, chunks, bound = { code: '', tensors: [] }, parts = [] } = how;
  const vectorWidth = vectorWidthOf(p);
  const atOnce = sharing.rowsPerWorkgroup === 1 || x.gpu.adapter.software ? 1 : AT_ONCE;
  x.gpu.dispatch({
    program: {
      name,
      enables: [...sharing.enables, ...enablesOf(...(how.types ?? [x.dtype]))],
      aliases: { ...registerAliases(vectorWidth), S: stored(floatTypeOf(x), vectorWidth) },
      constants: {
        OUTER: p.outer,
        GROUPS: groupsOf(p),
        PER_THREAD: ROWS_PER_THREAD,
        CHUNK_ROWS: sharing.rowsPerWorkgroup,
        AT_ONCE: atOnce,
        PADDING: vectorWidth === 1 ? paddingOf(x) : 0,
        EPS: f32(p.eps),
        ...sharing.constants,
        ...how.registers,
        ...how.constants,
      },
      parts: [
        ...sharing.parts,
        normRowsOf,
        ...parts,
        bound.code,
        unroll(kernel, { AT_ONCE: atOnce, ...how.registers }),
      ],
    },
    buffers: [...tensors, ...bound.tensors].map((t) => t.buffer),
    grid: linearGrid(Math.ceil((p.outer * chunks * groupsOf(p)) / sharing.groupsPerWorkgroup)),
    choice: sharing.choice,
  });
}

/** Launches an elementwise pass: every thread works alone. */
export const launchPass = (
  name: string,
  kernel: string,
  p: NormProblem,
  x: Tensor,
  tensors: readonly Tensor[],
  how?: Partial<RowLaunch>,
): void =>
  launchRows(name, kernel, p, x, tensors, { sharing: ALONE, chunks: Math.ceil(p.rows / ROWS_PER_THREAD), ...how });
