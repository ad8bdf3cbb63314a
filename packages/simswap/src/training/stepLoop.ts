import { StepClock } from './pacing.ts';

/** Work that is done after every so many steps. */
interface Due {
  readonly every: number;
}

/** What a loop of training steps is made of; `Seen` is what a step may find that is to be reported at once. */
export interface StepLoop<Task extends Due, Seen = never> {
  /** Steps that are done when the loop ends. */
  readonly until: number;
  readonly tasks: readonly Task[];
  /** Steps whose losses are read together. */
  readonly readEvery: number;
  /** Steps done, and those of them whose losses were not read yet. */
  counts(): { readonly step: number; readonly unread: number };
  /** Whether the loop was asked to end. */
  isOver(): boolean | Promise<boolean>;
  /** Issues the next step. */
  advance(): Promise<Seen | undefined>;
  /** Reads and reports the losses that were not read yet. */
  report(clock: StepClock, seen?: Seen): Promise<void>;
  run(task: Task): Promise<void>;
  /** For several devices: brings their states together, after every step; `now` says that it cannot wait. */
  settle?(now: boolean): Promise<void>;
  /** Whether losses must be read between two steps, because devices read them together. Default: no. */
  readonly inOrder?: boolean;
}

/**
 * Issues steps until all are done or the loop is over; all losses are reported before it returns, or throws.
 *
 * One reading stays in flight while the next steps are issued, so that the device never waits for the host. Tasks begin
 * when the losses of all steps before them were reported.
 */
export async function runSteps<Task extends Due, Seen = never>(loop: StepLoop<Task, Seen>): Promise<void> {
  const { until, tasks, readEvery, inOrder = false } = loop;
  const clock = new StepClock();
  let reading: Promise<void> = Promise.resolve();
  try {
    while (loop.counts().step < until && !(await loop.isOver())) {
      const seen = await loop.advance();
      const { step, unread } = loop.counts();
      const due = tasks.filter(({ every }) => step % every === 0);
      await loop.settle?.(due.length > 0);
      if (unread < readEvery && seen === undefined && due.length === 0) continue;
      await reading;
      reading = loop.report(clock, seen);
      reading.catch(() => {}); // thrown where it is awaited
      if (due.length > 0 || inOrder) await reading;
      if (due.length === 0) continue;
      for (const task of due) await loop.run(task);
      clock.skip();
    }
  } catch (cause) {
    // The steps before the error were done all the same. What goes wrong with their losses too comes second.
    if (!inOrder) await reading.then(() => loop.report(clock)).catch(() => {});
    throw cause;
  }
  await reading;
  await loop.settle?.(true);
  await loop.report(clock);
}
