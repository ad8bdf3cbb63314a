/** @file Runs the `visage` command: as users do, in a process of its own, or in this one where a device is at hand. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createProgram } from '@visage/cli';

const bin = fileURLToPath(new URL('../../packages/cli/bin/visage.mjs', import.meta.url));

/** What a command printed and how it ended. Dawn's own notes on stderr are left out. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function visage(...parameters: readonly string[]): CommandResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...parameters], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  const lines = stderr.split('\n').filter((line) => !line.includes('artificially reduced'));
  return { status, stdout, stderr: lines.join('\n').trim() };
}

/** Runs the command in this process; returns what it printed, or the message of its mistake. */
export async function visageHere(...parameters: string[]): Promise<string> {
  const [log, lines] = [console.log, [] as string[]];
  console.log = (line: string) => lines.push(line);
  try {
    await createProgram().exitOverride().parseAsync(parameters, { from: 'user' });
  } catch (error) {
    lines.push((error as Error).message);
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}
