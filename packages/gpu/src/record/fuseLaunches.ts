import { linearGrid } from '../core/program.ts';
import type { Command } from '../launch/commands.ts';
import type { PipelineCache } from '../launch/pipelines.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Fusable } from './fusable.ts';
import { fuseProgram } from './fusedProgram.ts';
import type { Launch, LaunchGroup } from './launchGroup.ts';
import { schedule } from './schedule.ts';
import type { Trace } from './trace.ts';

/**
 * Replaces launches of a traced step that do not depend on each other by one launch, whose workgroups do what those of
 * the launches did. The arithmetic of a value stays as it was, and so do its bits.
 *
 * @param mostBindings storage buffers that a kernel may have.
 */
export function fuseLaunches(trace: Trace, pipelines: PipelineCache, mostBindings: number): void {
  const groups = schedule(trace.commands, mostBindings);
  if (groups.length === trace.commands.length) return; // the order stays as it was traced, too
  trace.commands = groups.map((group) => {
    const [{ command }, other] = group.members as [Launch, Launch?];
    return other ? fusedCommand(group, pipelines) : command;
  });
}

function fusedCommand({ members, slots }: LaunchGroup, pipelines: PipelineCache): Command {
  const buffers: GpuBuffer[] = [];
  const program = fuseProgram(
    members.map(({ command, kernel, keys }) => {
      const own = keys.map((key) => slots.get(key) as number);
      for (const [at, slot] of own.entries()) buffers[slot] = command.buffers[at] as GpuBuffer;
      const { name, enables } = command.pipeline;
      return { name, module: (kernel as Fusable).module, enables, grid: command.grid, slots: own };
    }),
  );
  const parts = members.map(({ command }) => command);
  const workgroups = parts.reduce((sum, { grid: [x, y, z] }) => sum + x * y * z, 0);
  const flops = parts.reduce((sum, part) => sum + part.flops, 0);
  return { pipeline: pipelines.get(program), program, buffers, grid: linearGrid(workgroups), flops, parts };
}
