/**
 * POSIX numbers of the signals that end a run. Node ignores the signal SIGPIPE itself; here the name stands for a
 * closed stdout or stderr, which Node reports as an error of the stream.
 */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGPIPE: 13, SIGTERM: 15 } as const;

/** Why a run is asked to end. */
export type Interruption = keyof typeof NUMBERS;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A signal that arrives within this time of the first counts as the same request. The terminal sends a Ctrl-C to this
 * process, and npm forwards it a second time; shells send SIGHUP twice.
 */
const SAME_WISH_MS = 1000;

/** The exit status of a process that the signal ends: 128 plus the number of the signal, as shells report it. */
export const interruptedStatus = (why: Interruption): number => 128 + NUMBERS[why];

/**
 * Calls `stop` when the process is asked to end, so that the work at hand can be finished and saved: at Ctrl-C or
 * SIGTERM, when the terminal goes away (SIGHUP), or when the reader of stdout or stderr does (`visage train | head`). A
 * second Ctrl-C or SIGTERM, a second later or more, ends the process at once.
 *
 * Returns a function that restores the previous behaviour.
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
 * Keeps the process running after the reader of its output goes away, for commands that have work to save. A write to a
 * closed output is then no error. Once {@link onInterrupt} listens, such a write asks the process to end.
 */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
}

const ignore = (): void => {};

/** Ends the process quietly when the reader of its output goes away, unless {@link outliveReader} was called. */
export function endWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', () => {
      if (stream.listenerCount('error') === 1) process.exit(interruptedStatus('SIGPIPE'));
    });
}
