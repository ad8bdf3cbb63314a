/** @file Runs the `visage` command: as users do, in a process of its own, or in this one where a device is at hand. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createProgram } from '@visage/cli';
import { type Command, CommanderError } from 'commander';
import { reportFailure } from '../../packages/cli/src/terminal/failure.ts';

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

const withSubcommands = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap((each) => withSubcommands(each)),
];

/**
 * Runs a command that must fail in this process, which takes milliseconds in place of the seconds in which a process
 * loads the command; returns what it wrote to stderr, as `main.ts` has it written.
 */
export async function failureHere(...parameters: string[]): Promise<{ status: number; stderr: string }> {
  const [write, written] = [process.stderr.write, [] as string[]];
  process.stderr.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  const program = createProgram();
  for (const command of withSubcommands(program)) command.exitOverride();
  let status = 0;
  try {
    await program.parseAsync(parameters, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) reportFailure(error);
    status = error instanceof CommanderError ? error.exitCode : Number(process.exitCode);
    process.exitCode = 0;
  } finally {
    process.stderr.write = write;
  }
  return { status, stderr: written.join('').trim() };
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
