/**
 * @file The process of one peer, `worker.ts NAME`: opens the peer on Dawn and then does the contests that process.ts
 * asks for.
 */
import { describeAdapter } from '@visage/gpu';
import { createDawn } from '@visage/gpu/node';
import { pollSlowly } from '../../packages/gpu/src/node/polling.ts';
import { openPeer, type PeerName } from './install.ts';
import { measure } from './measure.ts';
import type { Answer, Order, PeerDevice } from './messages.ts';
import { type Work, type WorkSizes, works } from './work.ts';

const answer = (message: Answer, then: () => void = () => undefined): void => {
  process.send?.(message, then);
};
const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

let device: PeerDevice | undefined;
let complaint: string | undefined;

/** Engines for browsers look for `navigator.gpu`; here it is Dawn, started as for Visage. */
function lendNavigator(): void {
  const navigator = { gpu: createDawn({ robustness: false }), userAgent: 'node', hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
}

/** Notes which device the peer requests, and collects its errors, which engines for browsers leave to the console. */
function watchDevices(): void {
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, descriptor?: GPUDeviceDescriptor) {
    const given = await request.call(this, descriptor);
    const { name, software } = describeAdapter(this);
    const { maxBufferSize, maxStorageBufferBindingSize } = given.limits;
    if (software) pollSlowly();
    device = { adapter: name, maxBufferSize, maxStorageBufferBindingSize };
    given.addEventListener('uncapturederror', ({ error }) => {
      complaint ??= error.message;
    });
    given.lost.then(({ message }) => answer({ failure: `its device was lost: ${message}` }, () => process.exit(1)));
    return given;
  };
}

let known: { readonly key: string; readonly contests: readonly Work[] } | undefined;

/** Kept between orders, because the numbers of a contest take a while to make. */
function contestsOf(sizes: WorkSizes): readonly Work[] {
  const key = JSON.stringify(sizes);
  if (known?.key !== key) known = { key, contests: works(sizes) };
  return known.contests;
}

lendNavigator();
watchDevices();
process.on('disconnect', () => process.exit());
try {
  const engine = await openPeer(process.argv[2] as PeerName);
  if (!device) throw new Error('opened without a WebGPU device');
  process.on('message', async ({ number, sizes, pace }: Order) => {
    try {
      complaint = undefined;
      const task = (contestsOf(sizes)[number] as Work).prepare(engine);
      const measured = await measure(task, pace);
      task.dispose();
      answer({ measured: { ...measured, complaint } });
    } catch (cause) {
      answer({ failure: complaint ?? messageOf(cause) });
    }
  });
  answer({ opened: device });
} catch (cause) {
  answer({ failure: `does not start: ${messageOf(cause)}` });
}
