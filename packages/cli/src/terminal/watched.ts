import type { FolderOutcome, RunObserver } from '@visage/training';
import { onInterrupt } from './interrupt.ts';
import { Progress } from './progress.ts';

/** A training in a folder. */
interface Watchable<O extends FolderOutcome> {
  train(observer: RunObserver): Promise<O>;
  stop(reason: string): void;
}

/**
 * Trains with a progress bar, and stops when the process is asked to end: after the current step, with everything
 * saved. `listen` calls a function when it is asked.
 */
export async function watched<O extends FolderOutcome>(
  into: Watchable<O>,
  steps: number,
  first: number,
  listen: typeof onInterrupt = onInterrupt,
): Promise<O> {
  const progress = new Progress(steps, first);
  const release = listen(() => into.stop('finishing this step and saving; Ctrl-C again ends at once without saving'));
  try {
    return await into.train({
      onStep: (values) => progress.update(values),
      onNote: (line) => progress.note(line),
      onLastStep: () => progress.stop(),
      onRescue: ({ step, checkpoint }) => progress.note(`saved after step ${step}; go on with --resume ${checkpoint}`),
    });
  } finally {
    release();
  }
}
