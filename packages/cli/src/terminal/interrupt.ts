/**
 * Calls `stop` at the first Ctrl-C (or SIGTERM), so that the work at hand can be finished and saved; the second ends the process at once.
 *
 * Returns what puts the usual behaviour back.
 */
export function onInterrupt(stop: () => void): () => void {
  let asked = false;
  const handle = () => {
    if (asked) process.exit(130);
    asked = true;
    stop();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  };
}
