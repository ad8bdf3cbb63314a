import { VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import type { Program } from '../core/program.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Place } from '../memory/placement.ts';
import type { KernelChoice } from '../select/choices.ts';
import type { Pipeline } from './pipelines.ts';
import type { Trial } from './trials.ts';

/** One kernel launch, as encoded now or kept in a recorded step. */
export interface Command {
  readonly pipeline: Pipeline;
  /** What the pipeline was compiled from, for whoever wants to read it. */
  readonly program: Program;
  readonly buffers: readonly GpuBuffer[];
  readonly grid: readonly [number, number, number];
  /** Floating-point operations, for the profiler; 0 when memory is what counts. */
  readonly flops: number;
  /** It writes every element of its first buffer, whatever was there. */
  readonly replaces?: boolean;
  /** The choice between variants that it belongs to, if there was one. */
  readonly choice?: KernelChoice;
}

/** A command with the bind group of its buffers. */
export interface BoundCommand {
  readonly command: Command;
  readonly group: GPUBindGroup;
  /** What the device said of such launches. */
  readonly trial: Trial;
}

/** Creates the bind group of a command whose buffers have memory, or a place in the workspace. */
export function bind(device: GPUDevice, command: Command, places?: ReadonlyMap<unknown, Place>): GPUBindGroup {
  return device.createBindGroup({
    label: command.pipeline.name,
    layout: command.pipeline.layout,
    entries: command.buffers.map((buffer, binding) => {
      const { memory, offset } = places?.get(buffer.whole) ?? { memory: buffer.resource as GPUBuffer, offset: 0 };
      return { binding, resource: { buffer: memory, offset: offset + buffer.offset, size: buffer.bytes } };
    }),
  });
}

/** Bytes that a command must move at least: each binding once. */
export const commandBytes = (command: Command): number => command.buffers.reduce((sum, b) => sum + b.bytes, 0);

/** The buffers that a command may write to, as they are bound. */
export const writtenBindings = ({ buffers, pipeline }: Command): GpuBuffer[] =>
  buffers.filter((_, at) => pipeline.writes[at]);

/** The same as wholes. */
export const writtenBy = (command: Command): GpuBuffer[] => writtenBindings(command).map(({ whole }) => whole);

/** The buffers that a command only reads. */
export const readBy = ({ buffers, pipeline }: Command): GpuBuffer[] => buffers.filter((_, at) => !pipeline.writes[at]);

/** Notes that the buffers which a command writes change now. */
export function noteChanges({ buffers, pipeline }: Command): void {
  const moment = nextMoment();
  const { writes } = pipeline;
  for (let at = 0; at < buffers.length; at++) if (writes[at]) (buffers[at] as GpuBuffer).changed(moment);
}

/** Throws when a command reads a part of a device buffer and writes another, which WebGPU does not allow. */
export function checkApart({ buffers, pipeline }: Command): void {
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
