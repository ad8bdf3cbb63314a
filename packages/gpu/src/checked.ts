/** @file What debug mode does differently: every kernel is submitted by itself, so that an error can be told by the name of the kernel. */
import type { Command } from './commands.ts';
import { ValidationError } from './errors.ts';

/** Runs one command inside error scopes of its own; `fail` hears what went wrong, with the kernel's name in front. */
export function runChecked(
  device: GPUDevice,
  command: Command,
  group: GPUBindGroup,
  fail: (error: ValidationError) => void,
): void {
  const filters = ['validation', 'out-of-memory', 'internal'] as const;
  for (const filter of filters) device.pushErrorScope(filter);
  const encoder = device.createCommandEncoder({ label: command.pipeline.name });
  const pass = encoder.beginComputePass();
  pass.setPipeline(command.pipeline.handle);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...command.grid);
  pass.end();
  device.queue.submit([encoder.finish()]);
  for (const _ of filters) {
    device.popErrorScope().then(
      (error) => error && fail(new ValidationError(`${command.pipeline.name}: ${error.message}`)),
      () => undefined, // the device is lost: that error speaks for itself
    );
  }
}
