/** @file The thread that reads a film and decodes its frames. {@link FilmReader} starts it. */
import { parentPort } from 'node:worker_threads';
import type { Film, FilmFrame, FrameMemory } from '../../films/film.ts';
import { problemOf, type ReadAnswer, type ReadOrder } from './codecMessages.ts';
import { openFilmFile } from './libraries.ts';
import { Orders } from './orders.ts';

const orders = new Orders<ReadOrder>(parentPort);
const tell = (answer: ReadAnswer, moved: readonly ArrayBuffer[] = []) => parentPort?.postMessage(answer, [...moved]);

/** Memory that came back. */
const spares: ArrayBuffer[] = [];

const memory: FrameMemory = (bytes) => {
  const words = 4 * Math.ceil(bytes / 4);
  for (let spare = spares.pop(); spare; spare = spares.pop()) if (spare.byteLength === words) return spare;
  return new ArrayBuffer(words);
};

/** Waits until one more frame is wanted. Returns whether it is. */
async function isWanted(): Promise<boolean> {
  const order = await orders.next();
  if (order.kind !== 'next') return false;
  if (order.spare) spares.push(order.spare);
  return true;
}

async function read(film: Film, after: number | undefined): Promise<void> {
  const frames: AsyncIterable<FilmFrame> = film.read(after, memory);
  for await (const frame of frames) {
    if (!(await isWanted())) return;
    tell({ kind: 'frame', frame }, [frame.data.buffer as ArrayBuffer]);
  }
  tell({ kind: 'end' });
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
  tell(problemOf(cause));
}
await orders.closed();
