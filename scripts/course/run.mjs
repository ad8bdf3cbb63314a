/** Runs chapters, and checks exercises, in Node. */
import { createDawn, startGpu } from '@visage/gpu/node';
import { chapterOf } from './chapters.mjs';

const moduleOf = (chapter, file) => import(`../../examples/course/${chapter.name}/${file}.ts`);

/**
 * Calls `work` with what a chapter computes on: WebGPU's entry point, as `navigator.gpu` is in a browser, or from
 * chapter 5 on a device of `@visage/gpu`. That device is opened for the first chapters too, because opening it makes
 * Dawn leave the processor to a software adapter while it waits.
 */
async function withGpu(chapter, work) {
  const gpu = await startGpu({ deterministic: true });
  try {
    return await work(chapter.engine ? gpu : createDawn());
  } finally {
    await gpu.sync();
    gpu.destroy();
  }
}

/** Runs the file of a chapter; `log` is called with each line that it prints. */
export async function runChapter(number, log) {
  const chapter = chapterOf(number);
  const { run } = await moduleOf(chapter, 'main');
  await withGpu(chapter, (gpu) => run(gpu, log));
}

/** Checks the `exercise` or the `solution` of a chapter; throws what the attempt or its check throws. */
export async function checkAttempt(number, file, log) {
  const chapter = chapterOf(number);
  const [{ check }, attempt] = await Promise.all([moduleOf(chapter, 'check'), moduleOf(chapter, file)]);
  await withGpu(chapter, (gpu) => check(attempt, gpu));
  log(`chapter ${chapter.number}: the ${file} passes its check`);
}
