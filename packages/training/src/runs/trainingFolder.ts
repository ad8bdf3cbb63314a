import { join } from 'node:path';
import { OutOfMemoryError, VisageError } from '@visage/gpu';
import type { CheckpointContent } from '@visage/nn';
import { saveFile } from '@visage/nn/node';
import type { RunLock } from './lock.ts';
import type { RunObserver } from './observer.ts';

/** What a {@link TrainingFolder} trains, whatever it is. */
export interface FolderWork<F extends object> {
  /** Steps done. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The scores so far. */
  readonly figures: F;
  /** Trains until the run is over or {@link FolderWork.stop} is called, and calls `save` every so many steps. */
  train(save: () => Promise<void>): Promise<void>;
  stop(): void;
  /**
   * The state of this moment, to be poured into a file while the training goes on.
   *
   * @param finished whether everything of a finished run is written.
   * @param copied whether it is copied on the device; if not, no step may begin until it has been poured.
   */
  snapshot(finished: boolean, copied: boolean): Promise<CheckpointContent>;
  /** Makes what a finished run still lacks. */
  complete(): Promise<void>;
  /** Writes what a run leaves, finished or not. */
  writeResults(): Promise<void>;
  /** Writes the page from the log on the disk. */
  writeReport(): Promise<void>;
}

/** Where a training writes what happens. */
export interface FolderJournal {
  observer: RunObserver;
  begin(): void;
  note(line: string): void;
  failed(message: string): void;
  flush(): Promise<void>;
}

/** How a run ended. */
export interface FolderOutcome {
  readonly finished: boolean;
  readonly step: number;
  /** Mean over the run, including the time for samples, measurements and compilation. */
  readonly stepsPerSecond: number;
  readonly checkpoint: string;
}

/**
 * Trains a run in a folder: log, measurements, checkpoints and report. Checkpoints are written while the training goes
 * on, from a copy of the state on the device.
 *
 * A process that is killed at any moment loses only the steps since the last checkpoint. Every file except the log is
 * written under a temporary name and then renamed, and the log is on the disk before the checkpoint that includes its
 * steps. The resumed run repeats the lost steps bit for bit.
 */
export class TrainingFolder<F extends object> {
  readonly folder: string;
  readonly #lock: RunLock;
  readonly #journal: FolderJournal;
  readonly #work: FolderWork<F>;
  /** Step of the checkpoint on the disk. */
  #savedAt: number | undefined;
  /** The checkpoint that is being written while the training goes on. */
  #saving: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param lock of the folder, which the training releases at its end. */
  protected constructor(folder: string, lock: RunLock, journal: FolderJournal, work: FolderWork<F>) {
    this.folder = folder;
    this.#lock = lock;
    this.#journal = journal;
    this.#work = work;
  }

  /**
   * Trains to the end or until {@link TrainingFolder.stop}. In both cases everything is saved and the folder is
   * unlocked.
   *
   * An error also ends the run. It is thrown after the steps so far were saved. A state with values that are not finite
   * is not saved, and the last good checkpoint is kept.
   *
   * @throws VisageError when this was called before; open the folder again to resume.
   */
  async train(observer: RunObserver = {}): Promise<FolderOutcome & F> {
    if (this.#closed) throw new VisageError(`${this.folder}: this run has ended; open its folder again to go on`);
    this.#closed = true;
    const [first, started] = [this.#work.step, performance.now()];
    this.#journal.observer = observer;
    try {
      if (this.#lock.note !== undefined) this.#journal.note(this.#lock.note);
      this.#journal.begin();
      await this.#work.train(() => this.#save()).finally(() => observer.onLastStep?.());
      return await this.#finish((1000 * (this.#work.step - first)) / (performance.now() - started));
    } catch (cause) {
      await this.#rescue(cause as Error);
      throw cause;
    } finally {
      await this.#lock.release();
    }
  }

  /**
   * Ends the training after the current step; {@link TrainingFolder.train} then saves everything and returns.
   *
   * @param reason a line for the observer.
   */
  stop(reason?: string): void {
    this.#work.stop();
    if (reason !== undefined) this.#journal.note(reason);
  }

  /** Unlocks the folder of a run that will not be trained. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#lock.release();
  }

  get checkpoint(): string {
    return join(this.folder, 'checkpoint.safetensors');
  }

  /**
   * Begins to save the state, which is copied on the device when this resolves; {@link TrainingFolder.#saving} is the
   * rest. One checkpoint is written at a time.
   *
   * The log is written first, because the log lines of steps in a checkpoint could not be produced again.
   */
  async #save(finished = false): Promise<void> {
    await this.#saving;
    await this.#journal.flush();
    await this.#saveCheckpoint(finished);
  }

  async #saveCheckpoint(finished: boolean): Promise<void> {
    const { step } = this.#work;
    const snapshot = await this.#work.snapshot(finished, true).catch((cause) => {
      if (cause instanceof OutOfMemoryError) return undefined;
      throw cause;
    });
    if (!snapshot) this.#journal.note('the device has no memory for a copy of the state: training waits for each save');
    const content = snapshot ?? (await this.#work.snapshot(finished, false));
    this.#saving = saveFile(this.checkpoint, content)
      .then(() => {
        this.#savedAt = step;
      })
      .finally(() => content.dispose());
    this.#saving.catch(() => this.#work.stop()); // thrown where it is awaited
    if (!snapshot) await this.#saving;
  }

  /** Saves as much as possible of a run that ends with an error, and reports what was saved. */
  async #rescue({ message }: Error): Promise<void> {
    const { checkpoint } = this;
    const { step } = this.#work;
    const say = (line: string) => this.#journal.note(line);
    this.#journal.failed(message);
    await this.#journal.flush().catch((error: Error) => say(`the log is not complete: ${error.message}`));
    await this.#saving.catch((error: Error) => say(`a checkpoint was not written: ${error.message}`));
    if (step === 0 || this.#savedAt === step) return;
    try {
      await this.#saveCheckpoint(false);
      await this.#saving;
    } catch (error) {
      say(`nothing is saved of this state (${(error as Error).message}); an earlier checkpoint is as it was`);
      return;
    }
    this.#journal.observer.onRescue?.({ step, checkpoint });
  }

  /**
   * Writes the last checkpoint, measurement and results. The checkpoint comes first, so that an error in the rest loses
   * no step. It is written again at the end with a note that everything is complete; a run that is killed in between
   * can be resumed to write the rest.
   */
  async #finish(stepsPerSecond: number): Promise<FolderOutcome & F> {
    const work = this.#work;
    const { step } = work;
    const finished = step >= work.steps;
    await this.#saving;
    if (this.#savedAt !== step) await this.#save();
    await this.#saving;
    if (finished) await work.complete();
    await work.writeResults();
    await this.#journal.flush();
    await work.writeReport();
    if (finished) await this.#save(true);
    await this.#saving;
    return { finished, step, stepsPerSecond, checkpoint: this.checkpoint, ...work.figures };
  }
}
