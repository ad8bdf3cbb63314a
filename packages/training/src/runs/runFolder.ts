import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OutOfMemoryError, VisageError } from '@visage/gpu';
import { saveFile } from '@visage/nn/node';
import { type RunState, storedDataSet } from '../data/stored.ts';
import { notesOf } from '../settings/settings.ts';
import { RunJournal } from './journal.ts';
import { RunLock } from './lock.ts';
import type { RunObserver } from './observer.ts';
import type { TrainingRun } from './open.ts';
import { evaluationsOf, type RunFigures, RunResults } from './results.ts';

/**
 * The result of a run. The scores of a finished run on procedural faces are those on the reporting people; runs on data
 * sets have scores on their held-out people.
 */
export interface Outcome extends RunFigures {
  readonly finished: boolean;
  readonly step: number;
  /** Mean over the run, including the time for samples, measurements and compilation. */
  readonly stepsPerSecond: number;
  readonly checkpoint: string;
}

interface Parts {
  readonly lock: RunLock;
  readonly journal: RunJournal;
  readonly results: RunResults;
}

/**
 * Trains a run and writes its log, sample grids, measurements, checkpoints and report into a folder.
 *
 * Checkpoints are written while the training goes on, from a copy of the state on the device.
 *
 * A process that is killed at any moment loses only the steps since the last checkpoint. Every file except the log is
 * written under a temporary name and then renamed, and the log is on the disk before the checkpoint that includes its
 * steps. The resumed run repeats the lost steps bit for bit.
 *
 * The folder is locked from {@link RunFolder.open} to the end of {@link RunFolder.train}, so a second run is refused.
 */
export class RunFolder {
  readonly folder: string;
  readonly run: TrainingRun;
  readonly #lock: RunLock;
  readonly #journal: RunJournal;
  readonly #results: RunResults;
  /** Step of the checkpoint on the disk. */
  #savedAt: number | undefined;
  /** The checkpoint that is being written while the training goes on. */
  #saving: Promise<void> = Promise.resolve();
  #stopping = false;
  #closed = false;

  private constructor(folder: string, run: TrainingRun, { lock, journal, results }: Parts) {
    this.folder = folder;
    this.run = run;
    this.#lock = lock;
    this.#journal = journal;
    this.#results = results;
  }

  /**
   * Creates the folder, locks it and prepares the measurements.
   *
   * @throws FileError when another run trains into the folder; nothing in the folder is changed in that case.
   */
  static async open(folder: string, run: TrainingRun): Promise<RunFolder> {
    await mkdir(join(folder, 'samples'), { recursive: true });
    const lock = await RunLock.take(folder);
    try {
      const evaluations = await evaluationsOf(run);
      const journal = new RunJournal(join(folder, 'log.jsonl'), run);
      const results = new RunResults(folder, run, journal, evaluations);
      return new RunFolder(folder, run, { lock, journal, results });
    } catch (cause) {
      await lock.release();
      throw cause;
    }
  }

  /**
   * Trains to the end or until {@link RunFolder.stop}. In both cases everything is saved and the folder is unlocked.
   *
   * An error also ends the run. It is thrown after the steps so far were saved. A state with values that are not finite
   * is not saved, and the last good checkpoint is kept.
   *
   * @throws VisageError when this was called before; open the folder again to resume.
   */
  async train(observer: RunObserver = {}): Promise<Outcome> {
    if (this.#closed) throw new VisageError(`${this.folder}: this run has ended; open its folder again to go on`);
    this.#closed = true;
    const { trainer } = this.run;
    const [first, started] = [trainer.step, performance.now()];
    this.#journal.observer = observer;
    try {
      if (this.#lock.note !== undefined) this.#journal.note(this.#lock.note);
      this.#journal.begin();
      await this.#steps().finally(() => observer.onLastStep?.());
      return await this.#finish((1000 * (trainer.step - first)) / (performance.now() - started));
    } catch (cause) {
      await this.#rescue(cause as Error);
      throw cause;
    } finally {
      await this.#lock.release();
    }
  }

  /**
   * Ends the training after the current step; {@link RunFolder.train} then saves everything and returns.
   *
   * @param reason a line for the observer.
   */
  stop(reason?: string): void {
    this.#stopping = true;
    this.run.trainer.stop();
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

  async #steps(): Promise<void> {
    const { trainer, settings } = this.run;
    if (trainer.step === 0) await this.#results.sample();
    if (this.#stopping) return;
    await trainer.run({
      until: settings.steps,
      tasks: [
        { every: settings.sampleEvery, run: () => this.#results.sample() },
        { every: settings.evaluateEvery, run: () => this.#results.measure() },
        { every: settings.saveEvery, run: () => this.#save() },
      ],
      onStep: (report) => this.#journal.step(report),
      onAlarm: (report) => this.#journal.alarm(report),
    });
  }

  /**
   * Begins to save the state, which is copied on the device when this resolves; {@link RunFolder.#saving} is the rest.
   * One checkpoint is written at a time.
   *
   * The log is written first, because the log lines of steps in a checkpoint could not be produced again.
   */
  async #save(finished = false): Promise<void> {
    await this.#saving;
    await this.#journal.flush();
    await this.#saveCheckpoint(finished);
  }

  async #saveCheckpoint(finished: boolean): Promise<void> {
    const { trainer, settings, dataSets } = this.run;
    const { step } = trainer;
    const stored = dataSets.map(({ dataSet, split }) =>
      storedDataSet(
        dataSet,
        split.heldOut.map(({ name }) => name),
        this.folder,
      ),
    );
    const state: RunState = { dataSets: stored, finished };
    const notes = { ...notesOf(settings), ...state };
    const snapshot = await trainer.snapshot(notes).catch((cause) => {
      if (cause instanceof OutOfMemoryError) return undefined;
      throw cause;
    });
    if (!snapshot) this.#journal.note('the device has no memory for a copy of the state: training waits for each save');
    const content = snapshot ?? (await trainer.snapshot(notes, false));
    this.#saving = saveFile(this.checkpoint, content)
      .then(() => {
        this.#savedAt = step;
      })
      .finally(() => content.dispose());
    this.#saving.catch(() => trainer.stop()); // thrown where it is awaited
    if (!snapshot) await this.#saving;
  }

  /** Saves as much as possible of a run that ends with an error, and reports what was saved. */
  async #rescue({ message }: Error): Promise<void> {
    const { trainer } = this.run;
    const { checkpoint } = this;
    const say = (line: string) => this.#journal.note(line);
    this.#journal.failed(message);
    await this.#journal.flush().catch((error: Error) => say(`the log is not complete: ${error.message}`));
    await this.#saving.catch((error: Error) => say(`a checkpoint was not written: ${error.message}`));
    if (trainer.step === 0 || this.#savedAt === trainer.step) return;
    try {
      await this.#saveCheckpoint(false);
      await this.#saving;
    } catch (error) {
      say(`nothing is saved of this state (${(error as Error).message}); an earlier checkpoint is as it was`);
      return;
    }
    this.#journal.observer.onRescue?.({ step: trainer.step, checkpoint });
  }

  /**
   * Writes the last checkpoint, sample, measurement and pictures. The checkpoint comes first, so that an error in the
   * rest loses no step. It is written again at the end with a note that everything is complete; a run that is killed in
   * between can be resumed to write the rest.
   */
  async #finish(stepsPerSecond: number): Promise<Outcome> {
    const { step } = this.run.trainer;
    const finished = step >= this.run.settings.steps;
    await this.#saving;
    if (this.#savedAt !== step) await this.#save();
    await this.#saving;
    if (finished) await this.#results.complete();
    await this.#results.writePictures();
    await this.#journal.flush();
    await this.#results.writeReport();
    if (finished) await this.#save(true);
    await this.#saving;
    return { finished, step, stepsPerSecond, checkpoint: this.checkpoint, ...this.#results.figures };
  }
}
