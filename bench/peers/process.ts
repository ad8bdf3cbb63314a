/**
 * @file A peer in a process of its own. If it crashes, loses its device or does not end, the run goes on and the table
 * has a line that says so.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { VisageError } from '@visage/gpu';
import type { Competitor } from './contest.ts';
import { type PeerName, peerTitle } from './install.ts';
import type { Measured, Pace } from './measure.ts';
import type { Answer, Order, PeerDevice } from './messages.ts';
import type { WorkSizes } from './work.ts';

/** How long a peer may take. */
export interface TimeLimits {
  /** Milliseconds for one contest; with the start of its process, if that has to be started. */
  readonly contestMs: number;
  /** Milliseconds for all contests of one peer together. */
  readonly peerMs: number;
}

/** Two peers, and Visage, end within two minutes. */
export const TIME_LIMITS: TimeLimits = { contestMs: 20_000, peerMs: 45_000 };

const LAST_WORDS = 150; // characters of what a process printed before it ended
const WORKER = new URL('./worker.ts', import.meta.url);
const LOADER = new URL('../../scripts/register.mjs', import.meta.url);
const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/**
 * Starts the peer's process at the first contest, and again after it ended or failed, because a failure may leave it in
 * any state.
 */
export class PeerProcess implements Competitor {
  readonly name: string;
  /** What it computes on, once it was started. */
  device: PeerDevice | undefined;
  private child: ChildProcess | undefined;
  private spentMs = 0;
  private lastWords = '';

  constructor(
    private readonly peer: PeerName,
    private readonly adapter: string,
    private readonly order: { readonly sizes: WorkSizes; readonly pace: Pace },
    private readonly limits: TimeLimits = TIME_LIMITS,
  ) {
    this.name = peerTitle(peer);
  }

  /**
   * @throws VisageError that says why there is no time: a failure of the peer, another adapter than Visage's, or the
   * time limit.
   */
  async attempt(number: number): Promise<Measured> {
    const { contestMs, peerMs } = this.limits;
    const leftMs = Math.min(contestMs, peerMs - this.spentMs);
    if (leftMs <= 0) throw new VisageError(`not tried: it had used up its ${seconds(peerMs)} before`);
    const begin = performance.now();
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new VisageError(`no result within ${seconds(leftMs)}`)), leftMs);
      });
      return await Promise.race([this.ask(number), late]);
    } catch (cause) {
      this.dispose();
      throw cause;
    } finally {
      clearTimeout(timer);
      this.spentMs += performance.now() - begin;
    }
  }

  /** Ends the process; the driver takes back what it held. */
  dispose(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  private async ask(number: number): Promise<Measured> {
    const child = this.child?.connected ? this.child : await this.start();
    const answer = this.nextAnswer(child);
    child.send({ number, ...this.order } satisfies Order);
    const said = await answer;
    if (!('measured' in said)) throw new VisageError('failure' in said ? said.failure : 'started twice');
    return said.measured;
  }

  private async start(): Promise<ChildProcess> {
    this.lastWords = '';
    const child = fork(fileURLToPath(WORKER), [this.peer], {
      serialization: 'advanced', // results are typed arrays
      execArgv: ['--import', LOADER.href],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'], // a device that refuses something prints a page for every run
    });
    this.child = child;
    child.stderr?.on('data', (text) => {
      const words = String(text).replaceAll(/^Warning: .*$/gm, ''); // Dawn's, at every start
      this.lastWords = `${this.lastWords}${words}`.trim().slice(-LAST_WORDS);
    });
    const said = await this.nextAnswer(child);
    if (!('opened' in said)) throw new VisageError('failure' in said ? said.failure : 'answered unasked');
    const { adapter } = said.opened;
    if (adapter !== this.adapter) throw new VisageError(`computes on another adapter: ${adapter}`);
    this.device = said.opened;
    return child;
  }

  /** The next message of the process. If the process ends, that counts as an answer too. */
  private nextAnswer(child: ChildProcess): Promise<Answer> {
    return new Promise((resolve) => {
      const settle = (said: Answer): void => {
        child.off('message', settle);
        child.off('error', failed);
        child.off('close', ended);
        resolve(said);
      };
      const failed = (error: Error): void => settle({ failure: error.message });
      const ended = (code: number | null, signal: string | null): void =>
        settle({ failure: `its process ended with ${signal ?? `status ${code}`} ${this.lastWords}`.trim() });
      child.on('message', settle);
      child.on('error', failed);
      child.on('close', ended);
    });
  }
}
