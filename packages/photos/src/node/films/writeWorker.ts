/** @file The thread that encodes frames and writes segments. {@link FilmWriter} starts it. */
import { parentPort } from 'node:worker_threads';
import type { ChangedFrame } from '../../films/frames.ts';
import { encodeSegment } from '../../films/writing.ts';
import { problemOf, type WriteAnswer, type WriteOrder } from './codecMessages.ts';
import { filmLibrary, whileAlive } from './libraries.ts';
import { Orders } from './orders.ts';

const orders = new Orders<WriteOrder>(parentPort);
const tell = (answer: WriteAnswer, moved: readonly ArrayBuffer[] = []) => parentPort?.postMessage(answer, [...moved]);

/** Ends a segment that nobody wants. */
class Unwanted extends Error {}

/** The frames of a segment, until it ends. */
async function* frames(): AsyncGenerator<ChangedFrame, void, unknown> {
  for (;;) {
    const order = await orders.next();
    if (order.kind === 'frame') yield order.frame;
    else if (order.kind === 'end' && order.isWanted) return;
    else throw new Unwanted();
  }
}

async function segment({ path, encoding }: Extract<WriteOrder, { readonly kind: 'segment' }>): Promise<void> {
  const library = await filmLibrary();
  const free = ({ data }: { readonly data: Uint8Array }): void => {
    const spare = data.buffer as ArrayBuffer;
    tell({ kind: 'taken', spare }, [spare]);
  };
  const target = new library.FilePathTarget(path);
  const written = await encodeSegment(library, frames(), target, encoding, free);
  tell({ kind: 'written', segment: written });
}

await whileAlive(async () => {
  for (;;) {
    const order = await orders.next();
    if (order.kind === 'close') break;
    if (order.kind !== 'segment') continue; // frames behind a failure
    try {
      await segment(order);
    } catch (cause) {
      if (cause instanceof Unwanted) tell({ kind: 'written', segment: undefined });
      else tell(problemOf(cause));
    }
  }
});
await orders.closed();
