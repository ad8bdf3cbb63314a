import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Runs the garbage collector now, for work that discards very many bind groups on a software adapter.
 *
 * Mesa's software driver maps memory for each bind group. A Linux process may have 65530 mappings (vm.max_map_count),
 * and the driver crashes when they run out. V8 sees only small wrapper objects, so it does not collect discarded ones
 * in time.
 */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  await setImmediate(); // finalizers run after this
}
