/** @file A training on two ranks that a test starts, hurts and looks at. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '@visage/nn';
import { readCheckpointHeader } from '@visage/simswap';
import * as assert from 'uvu/assert';
import { jobEnvironment, type Launcher } from './job.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** How a training ended. */
export interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly seconds: number;
}

/** A training in a process of its own, which starts the ranks. */
export class Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #output = '';
  #heard: (() => void)[] = [];

  constructor(launcher: Launcher, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
    const command = ['--import', './scripts/register.mjs', 'test/distributed/microRanks.ts', ...args];
    const env = { ...jobEnvironment(), VISAGE_MPIRUN: launcher, VISAGE_LANES: '1', ...more };
    const started = performance.now();
    this.child = spawn(process.execPath, command, { cwd: root, env });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        for (const look of this.#heard) look();
      });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (status) => {
        for (const look of this.#heard) look();
        resolve({ status, output: this.#output, seconds: (performance.now() - started) / 1000 });
      });
    });
  }

  /** Resolves with what `pattern` finds in the output; rejects if the training ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.#output);
        if (found) resolve(found);
        else if (this.child.exitCode !== null) reject(new Error(`ended without ${pattern}: ${this.#output}`));
      };
      this.#heard.push(look);
      look();
    });
  }

  /** The process of a rank, once it has told its name. */
  async processOf(rank: number): Promise<number> {
    return Number((await this.said(new RegExp(`rank ${rank} of 2 \\(.*process (\\d+)\\)`)))[1]);
  }
}

/** The step of the checkpoint of a folder, which must be whole. */
export function savedStep(out: string): number {
  const file = readSafetensors(readFileSync(join(out, 'checkpoint.safetensors')));
  for (const [name, tensor] of file.tensors) assert.ok(tensor.host().length > 0, name);
  return readCheckpointHeader(file).step;
}

/** Checks that one line says what happened, and names the rank and its host. */
export const assertNamed = ({ output }: Ended, rank: number, what: RegExp) => {
  const lines = output.split('\n').filter((line) => line.startsWith('visage: '));
  assert.is(lines.length, 1, output);
  assert.match(lines[0] as string, new RegExp(`^visage: rank ${rank} of 2 \\(.+, process \\d+\\)`));
  assert.match(lines[0] as string, what);
};
