/** @file A worker thread of an import: decodes pictures and compresses faces. {@link ImportWorkers} starts it. */
import { parentPort } from 'node:worker_threads';
import { VisageError } from '@visage/gpu';
import sharp from 'sharp';
import { decodePicture } from './decode.ts';
import { encodeFace } from './encode.ts';
import type { Task } from './workers.ts';

sharp.concurrency(1); // the workers are the threads; more inside each only get in their way
sharp.cache(false);

const port = parentPort;
port?.on('message', async ({ id, task }: { readonly id: number; readonly task: Task }) => {
  try {
    if (task.kind === 'decode') {
      const decoded = await decodePicture(task.file, task.name);
      const data = decoded.picture.data.slice(); // memory of sharp cannot move to another thread
      port.postMessage({ id, answer: { ...decoded, picture: { ...decoded.picture, data } } }, [data.buffer]);
    } else {
      const encoded = await encodeFace(task.pixels, task.size, task.quality);
      port.postMessage({ id, answer: { ...encoded, jpeg: encoded.jpeg.slice() } });
    }
  } catch (cause) {
    const { message, stack } = cause as Error;
    port.postMessage({ id, problem: message, bug: cause instanceof VisageError ? undefined : (stack ?? message) });
  }
});
