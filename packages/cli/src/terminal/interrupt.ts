/**
 * POSIX numbers of the signals that end a run; no system sends us SIGPIPE, which stands for an output that nobody reads
 * any more.
 */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 } as const;

/** Why a run is asked to end. */
export type Interruption = keyof typeof NUMBERS;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm passes on a Ctrl-C that the terminal sent to us too, and shells send SIGHUP twice: what comes so soon is no
 * second wish.
 */
const SAME_WISH_MS = 1000;

/**
 * The exit status of a process that such a signal ends at once: 128 and the number of the signal, as shells have it.
 */
export const interruptedStatus = (why: Interruption): number => 128 + NUMBERS[why];

/**
 * Calls `stop` when the process is asked to end, so that the work at hand can be finished and saved: at Ctrl-C or
 * SIGTERM, when the terminal goes away (SIGHUP), or when the reader of stdout or stderr does (`visage train | head`). A
 * second Ctrl-C or SIGTERM, a second later or more, ends the process at once.
 *
 * Returns what puts the usual behaviour back.
 */
export function onInterrupt(stop: (why: Interruption) => void): () => void {
  let asked: number | undefined;
  const ask = (why: Interruption) => {
    if (asked !== undefined) return;
    asked = performance.now();
    stop(why);
  };
  const onSignal = (signal: (typeof SIGNALS)[number]) => () => {
    const again = asked !== undefined && performance.now() - asked > SAME_WISH_MS;
    if (again && signal !== 'SIGHUP') process.exit(interruptedStatus(signal));
    ask(signal);
  };
  const onLostReader = () => ask('SIGPIPE');
  const heard = SIGNALS.map((signal) => [signal, onSignal(signal)] as const);
  for (const [signal, listener] of heard) process.on(signal, listener);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onLostReader);
  return () => {
    for (const [signal, listener] of heard) process.off(signal, listener);
    for (const stream of [process.stdout, process.stderr]) stream.off('error', onLostReader);
  };
}

/**
 * From now on the process outlives the reader of its output: for commands whose work is to be saved. Writing to nobody
 * is then no error, and once {@link onInterrupt} listens, the next line that nobody reads asks to end.
 */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** Ends the process quietly when the reader of its output goes away, unless {@link outliveReader} was called. */
export function endWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', () => {
      if (stream.listenerCount('error') === 1) process.exit(interruptedStatus('SIGPIPE'));
    });
}
