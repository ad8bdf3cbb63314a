/** @file The process that encodes frames and writes segments. {@link FilmWriter} starts it. */
import type { ChangedFrame } from '../../films/frames.ts';
import { encodeSegment } from '../../films/writing.ts';
import { FRAMES, problemOf, type WriteAnswer, type WriteOrder } from './codecMessages.ts';
import { FrameSlots } from './frameSlots.ts';
import { filmLibrary } from './libraries.ts';
import { Orders } from './orders.ts';

type Order<Kind extends WriteOrder['kind']> = Extract<WriteOrder, { readonly kind: Kind }>;

const slots = new FrameSlots(FRAMES);

/** The bytes of frames that wait, by their slot. They are copied while the frames before them are encoded. */
const waiting: Promise<Uint8Array>[] = [];
const kept: Uint8Array[] = [];

async function bytesOf({ slot, frame: { form } }: Order<'frame'>): Promise<Uint8Array> {
  const has = kept[slot]?.length === form.bytes ? kept[slot] : undefined;
  const data = has ?? new Uint8Array(form.bytes);
  kept[slot] = data;
  await slots.read(slot, data);
  return data;
}

const orders = new Orders<WriteOrder, WriteAnswer>((order) => {
  if (order.kind !== 'frame') return;
  const bytes = bytesOf(order);
  bytes.catch(() => undefined); // whoever takes them sees the error
  waiting[order.slot] = bytes;
});

/** Ends a segment that nobody wants. */
class Unwanted extends Error {}

/** The frames of a segment, until it ends. */
async function* frames(): AsyncGenerator<ChangedFrame, void, unknown> {
  for (;;) {
    const order = await orders.next();
    if (order.kind === 'frame') yield { ...order.frame, data: (await waiting[order.slot]) as Uint8Array };
    else if (order.kind === 'end' && order.isWanted) return;
    else throw new Unwanted();
  }
}

async function segment({ path, encoding }: Order<'segment'>): Promise<void> {
  const library = await filmLibrary();
  const target = new library.FilePathTarget(path);
  const taken = (): void => orders.answer({ kind: 'taken' });
  orders.answer({ kind: 'written', segment: await encodeSegment(library, frames(), target, encoding, taken) });
}

for (let order = await orders.next(); order.kind !== 'close'; order = await orders.next()) {
  if (order.kind !== 'segment') continue; // frames behind a failure
  try {
    await segment(order);
  } catch (cause) {
    orders.answer(cause instanceof Unwanted ? { kind: 'written', segment: undefined } : problemOf(cause));
  }
}
await orders.closed();
