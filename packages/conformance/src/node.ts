import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects garbage now, for work that drops very many bind groups on a software adapter.
 *
 * Mesa's software driver maps memory for each bind group. A Linux process has 65530 mappings (vm.max_map_count), and
 * the driver crashes when they are spent; V8 sees but small wrappers and leaves dropped ones lying.
 */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  await setImmediate(); // finalizers run behind it
}
