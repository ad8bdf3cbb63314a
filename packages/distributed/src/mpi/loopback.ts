import type { Message, Transport } from '../exchange/transport.ts';
import { copyOn } from './copy.ts';
import { loadKoffi } from './library.ts';

/**
 * A transport of two ranks of which there is only one: it takes what it has put. So an exchange has its launches, its
 * transfers, its copies on the host and its bytes, but nobody to wait for, and needs neither MPI nor a second device.
 * It says what an exchange costs a device and its host by itself.
 *
 * @throws VisageError when koffi is missing.
 */
export async function loopback(lanes: number): Promise<Transport> {
  const copy = copyOn(await loadKoffi());
  const message = (bytes: number): Message => {
    const kept = new Uint8Array(bytes);
    return {
      put: (from) => copy(kept, from, bytes),
      carry: async (_, ready) => {
        await ready;
      },
      take: (to) => copy(to, kept, bytes),
      dispose: () => {},
    };
  };
  return {
    ...{ rank: 0, ranks: 2, lanes, allToAll: message, allGather: message },
    gather: async (value) => [value, value],
    barrier: async (_, ready) => {
      await ready;
    },
  };
}
