import { type Gpu, VisageError } from '@visage/gpu';
import { createDawn } from '@visage/gpu/node';
import { type ContestSizes, contest, contestSizes, type Engine, type PeerReport } from '../peers/contest.ts';
import { installPeers, openPeer, PEERS } from '../peers/install.ts';
import { visageEngine } from '../peers/visage.ts';
import { arithmeticRate, significant } from '../report/format.ts';

/** Races Visage with its peers on the adapter of `gpu`. A peer that does not start is told as such. */
export async function racePeers(gpu: Gpu, changes: Partial<ContestSizes> = {}): Promise<PeerReport> {
  await installPeers();
  lendNavigator();
  const engines: Engine[] = [visageEngine(gpu)];
  for (const peer of PEERS) {
    engines.push(
      await openPeer(peer).catch((cause: Error) => {
        throw new VisageError(`${peer} does not start: ${cause.message}`);
      }),
    );
  }
  return contest(engines, { ...contestSizes(gpu), ...changes }, (title, { name, ms, gflops, error, failure }) => {
    const rate = ms === undefined ? failure : `${significant(ms)} ms  ${arithmeticRate(gflops as number)}`;
    console.log(`${title}: ${name}  ${rate}${error ? `  (differs by ${error.toExponential(1)})` : ''}`);
  });
}

/** Engines for browsers look for `navigator.gpu`; here it is Dawn, started as for Visage. */
function lendNavigator(): void {
  const navigator = { gpu: createDawn({ robustness: false }), userAgent: 'node', hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
}
