import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointContent } from '@visage/nn';
import { type RunState, storedDataSet } from '../data/stored.ts';
import { notesOf } from '../settings/settings.ts';
import { RunJournal } from './journal.ts';
import { RunLock } from './lock.ts';
import type { TrainingRun } from './open.ts';
import { evaluationsOf, type RunFigures, RunResults } from './results.ts';
import { type FolderOutcome, type FolderWork, TrainingFolder } from './trainingFolder.ts';

/**
 * The result of a run. The scores of a finished run on procedural faces are those on the reporting people; runs on data
 * sets have scores on their held-out people.
 */
export type Outcome = FolderOutcome & RunFigures;

/**
 * Trains a swapper and writes its log, sample grids, measurements, checkpoints and report into a folder.
 *
 * The folder is locked from {@link RunFolder.open} to the end of {@link RunFolder.train}, so a second run is refused.
 */
export class RunFolder extends TrainingFolder<RunFigures> {
  readonly run: TrainingRun;

  private constructor(folder: string, run: TrainingRun, lock: RunLock, journal: RunJournal, work: SwapperWork) {
    super(folder, lock, journal, work);
    this.run = run;
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
      return new RunFolder(folder, run, lock, journal, new SwapperWork(folder, run, journal, results));
    } catch (cause) {
      await lock.release();
      throw cause;
    }
  }
}

/** The training of a swapper, as a folder sees it. */
class SwapperWork implements FolderWork<RunFigures> {
  readonly #folder: string;
  readonly #run: TrainingRun;
  readonly #journal: RunJournal;
  readonly #results: RunResults;
  #stopping = false;

  constructor(folder: string, run: TrainingRun, journal: RunJournal, results: RunResults) {
    this.#folder = folder;
    this.#run = run;
    this.#journal = journal;
    this.#results = results;
  }

  get step(): number {
    return this.#run.trainer.step;
  }

  get steps(): number {
    return this.#run.settings.steps;
  }

  get figures(): RunFigures {
    return this.#results.figures;
  }

  async train(save: () => Promise<void>): Promise<void> {
    const { trainer, settings } = this.#run;
    if (trainer.step === 0) await this.#results.sample();
    if (this.#stopping && trainer.ranks === 1) return;
    const running = trainer.run({
      until: settings.steps,
      tasks: [
        { every: settings.sampleEvery, run: () => this.#results.sample() },
        { every: settings.evaluateEvery, run: () => this.#results.measure() },
        { every: settings.saveEvery, run: save },
      ],
      onStep: (report) => this.#journal.step(report),
      onAlarm: (report) => this.#journal.alarm(report),
    });
    if (this.#stopping) trainer.stop(); // the other devices learn it in a step
    await running;
  }

  stop(): void {
    this.#stopping = true;
    this.#run.trainer.stop();
  }

  async snapshot(finished: boolean, copied: boolean): Promise<CheckpointContent> {
    const { trainer, settings, dataSets } = this.#run;
    const stored = dataSets.map(({ dataSet, split }) =>
      storedDataSet(
        dataSet,
        split.heldOut.map(({ name }) => name),
        this.#folder,
      ),
    );
    const state: RunState = { dataSets: stored, finished };
    return trainer.snapshot({ ...notesOf(settings), ...state }, copied);
  }

  complete(): Promise<void> {
    return this.#results.complete();
  }

  writeResults(): Promise<void> {
    return this.#results.writePictures();
  }

  writeReport(): Promise<void> {
    return this.#results.writeReport();
  }
}
