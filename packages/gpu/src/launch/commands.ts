import { ArgumentError, VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import type { Program } from '../core/program.ts';
import type { Gpu } from '../device/gpu.ts';
import type { Placement } from '../memory/arena.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { KernelChoice } from '../select/choices.ts';
import type { Pipeline } from './pipelines.ts';
import type { Trial } from './trials.ts';

/** What a caller says of a kernel launch. */
export interface Dispatch {
  readonly program: Program;
  /** One buffer per binding, in order. */
  readonly buffers: readonly GpuBuffer[];
  readonly grid: readonly [number, number, number];
  /** Floating-point operations, for the profiler. Default 0. */
  readonly flops?: number;
  /**
   * The choice of a kernel variant that the launch is a part of. Default: that of the enclosing {@link underChoice}.
   */
  readonly choice?: KernelChoice;
  /** Does the kernel write every element of its first buffer, whatever the element was before? */
  readonly replaces?: boolean;
  /**
   * Do several launches fill the first buffer, each elements of its own, and nothing reads it before all have? Then
   * their order does not matter.
   */
  readonly fills?: boolean;
}

/** One kernel launch, encoded at once or as a part of a recorded step. */
export interface Command {
  readonly pipeline: Pipeline;
  /** What the pipeline was compiled from, for tools that print it. */
  readonly program: Program;
  readonly buffers: readonly GpuBuffer[];
  readonly grid: readonly [number, number, number];
  /** Floating-point operations, for the profiler; 0 for a kernel whose time memory decides. */
  readonly flops: number;
  /** Does the kernel write every element of its first buffer, whatever the element was before? */
  readonly replaces?: boolean;
  /**
   * Do several launches fill the first buffer, each elements of its own, and nothing reads it before all have? Then
   * their order does not matter.
   */
  readonly fills?: boolean;
  /** The choice between kernel variants that the launch is a part of, if there was one. */
  readonly choice?: KernelChoice;
  /** The launches that were fused into this one; they do not depend on each other. */
  readonly parts?: readonly Command[];
}

/** A command with the bind group of its buffers. */
export interface BoundCommand {
  readonly command: Command;
  readonly group: GPUBindGroup;
  /** Whether the device accepts such launches. */
  readonly trial: Trial;
}

/** Creates the bind group of a command. Each of its buffers has memory, or is among `placements`. */
export function bind(device: GPUDevice, command: Command, placements?: ReadonlyMap<unknown, Placement>): GPUBindGroup {
  return device.createBindGroup({
    label: command.pipeline.name,
    layout: command.pipeline.layout,
    entries: command.buffers.map((buffer, binding) => {
      const { memory, offset } = placements?.get(buffer.whole) ?? { memory: buffer.resource as GPUBuffer, offset: 0 };
      return { binding, resource: { buffer: memory, offset: offset + buffer.offset, size: buffer.bytes } };
    }),
  });
}

/** The least number of bytes that a command moves: each binding once. */
export const commandBytes = (command: Command): number => command.buffers.reduce((sum, b) => sum + b.bytes, 0);

/** The buffers that a command writes to, as they are bound: they may be views. */
export const writtenBindings = ({ buffers, pipeline }: Command): GpuBuffer[] =>
  buffers.filter((_, at) => pipeline.writes[at]);

/** The wholes of the buffers that a command writes to. */
export const writtenBy = (command: Command): GpuBuffer[] => writtenBindings(command).map(({ whole }) => whole);

/** The buffers that a command only reads. */
export const readBy = ({ buffers, pipeline }: Command): GpuBuffer[] => buffers.filter((_, at) => !pipeline.writes[at]);

/** Notes that a command changes the buffers which it writes to. */
export function noteChanges({ buffers, pipeline }: Command): void {
  const moment = nextMoment();
  const { writes } = pipeline;
  for (let at = 0; at < buffers.length; at++) if (writes[at]) (buffers[at] as GpuBuffer).changed(moment);
}

/** @throws VisageError that names the kernel `op` if the grid has another size than WebGPU allows. */
export function checkGrid(op: string, grid: readonly number[]): void {
  if (grid.some((n) => !Number.isInteger(n) || n < 1 || n > 65535))
    throw new VisageError(`${op}: grid [${grid}] must be integers from 1 to 65535`);
}

/**
 * Checks that a launch on `gpu` can use a buffer.
 *
 * @throws ArgumentError that names the kernel `op` if the buffer lies on another device, VisageError if it was freed.
 */
export function checkUsable(op: string, buffer: GpuBuffer, gpu: Gpu): void {
  const { home = gpu } = buffer;
  if (home !== gpu) {
    throw new ArgumentError(
      op,
      'one of its tensors',
      `on ${home.name}`,
      `on ${gpu.name}, as another is`,
      'Tensors do not move between devices by themselves: read it with data() and make it anew with tensor(…, { gpu })',
    );
  }
  if (gpu.holds(buffer)) return;
  throw new VisageError(`${op}: a tensor was freed with its scope or step; return it from there, or keep() it`);
}

/**
 * Checks that no command reads one part of a `GPUBuffer` and writes another, because WebGPU does not allow a buffer to
 * be bound for both in one dispatch.
 *
 * @throws VisageError that names the kernel.
 */
export function checkAliasing({ buffers, pipeline }: Command): void {
  if (buffers.every((buffer) => buffer === buffer.whole)) return;
  const isWritten = (_: GpuBuffer, at: number) => pipeline.writes[at];
  const written = buffers.filter(isWritten);
  const both = buffers.some(
    (buffer, at) => !isWritten(buffer, at) && written.some(({ whole }) => whole === buffer.whole),
  );
  if (!both) return;
  throw new VisageError(
    `${pipeline.name}: reads one tensor and writes another of the same optimizer or moving average, which lie in one piece of memory; copy the first before, as assign() does`,
  );
}
