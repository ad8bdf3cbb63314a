/** @file The process that reads a film and decodes its frames. {@link FilmReader} starts it. */
import type { Film, FrameMemory } from '../../films/film.ts';
import { FRAMES, problemOf, type ReadAnswer, type ReadOrder } from './codecMessages.ts';
import { FrameSlots } from './frameSlots.ts';
import { openFilmFile } from './libraries.ts';
import { Orders } from './orders.ts';

const orders = new Orders<ReadOrder, ReadAnswer>();
const slots = new FrameSlots(FRAMES);

/** One piece of memory for all frames: each is in its slot before the next one is decoded. */
let kept = new ArrayBuffer(0);
const memory: FrameMemory = (bytes) => {
  if (kept.byteLength !== bytes) kept = new ArrayBuffer(bytes);
  return kept;
};

async function read(film: Film, after: number | undefined): Promise<void> {
  for await (const { data, ...frame } of film.read(after, memory)) {
    const order = await orders.next();
    if (order.kind !== 'next') return;
    await slots.write(order.slot, data);
    orders.answer({ kind: 'frame', slot: order.slot, frame });
  }
  orders.answer({ kind: 'end' });
}

async function work(): Promise<void> {
  const order = await orders.next();
  if (order.kind !== 'read') return;
  const film = await openFilmFile(order.path);
  try {
    await read(film, order.after);
  } finally {
    film.close();
  }
}

try {
  await work();
} catch (cause) {
  orders.answer(problemOf(cause));
}
await orders.closed();
