import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { currentGpu } from '@visage/gpu';
import { type CheckpointContent, saveModule } from '@visage/nn';
import { saveFile } from '@visage/nn/node';
import type { ReaderReport } from '@visage/simswap';
import { storedDataSet } from '../data/stored.ts';
import type { PeopleSet } from '../evaluation/people.ts';
import { type Chart, reportPage } from '../report/page.ts';
import { adapterLine } from '../report/text.ts';
import { BaseJournal } from '../runs/baseJournal.ts';
import { digestOf } from '../runs/curves.ts';
import { RunLock } from '../runs/lock.ts';
import { type LogLine, logLines } from '../runs/log.ts';
import { type FolderOutcome, type FolderWork, TrainingFolder } from '../runs/trainingFolder.ts';
import type { ReaderFigures } from './kind.ts';
import type { ReaderRun } from './open.ts';
import { describeChanges, describeFaces, describeStage, readerNotes } from './settings.ts';

/** The scores that the training of a reader has so far. */
export interface ReaderScores {
  readonly scores?: ReaderFigures;
  /** The people whose faces the scores measure. */
  readonly peopleSet?: PeopleSet;
  /** The file with the weights of the reader, in float16. */
  readonly weights: string;
}

/** How the training of a reader ended. */
export type ReaderOutcome = FolderOutcome & ReaderScores;

/**
 * Trains a reader and writes its log, measurements, checkpoints, report and weights into a folder, which is locked from
 * {@link ReaderFolder.open} to the end of {@link ReaderFolder.train}.
 */
export class ReaderFolder extends TrainingFolder<ReaderScores> {
  readonly run: ReaderRun;

  private constructor(folder: string, run: ReaderRun, lock: RunLock, journal: ReaderJournal, work: ReaderWork) {
    super(folder, lock, journal, work);
    this.run = run;
  }

  /** @throws FileError when another run trains into the folder; nothing in the folder is changed in that case. */
  static async open(folder: string, run: ReaderRun): Promise<ReaderFolder> {
    await mkdir(folder, { recursive: true });
    const lock = await RunLock.take(folder);
    try {
      const journal = new ReaderJournal(join(folder, 'log.jsonl'), run);
      return new ReaderFolder(folder, run, lock, journal, new ReaderWork(folder, run, journal));
    } catch (cause) {
      await lock.release();
      throw cause;
    }
  }
}

/** The journal of a reader's training. */
class ReaderJournal extends BaseJournal {
  readonly #run: ReaderRun;
  #counted = false;

  constructor(path: string, run: ReaderRun) {
    super(path, run, run.settings.stages.map(describeStage).join('; then '));
    this.#run = run;
  }

  /** Logs the loss of a step and passes it to the observer. */
  step({ step, loss, learningRate, stage, stepsPerSecond, scaling }: ReaderReport): void {
    this.tellFound(step);
    const scales = scaling && { lossScale: scaling.lossScale, skipped: scaling.skipped };
    const values = { loss, learningRate, stage, ...scales, stepsPerSecond };
    this.log.add({ step, event: 'step', values });
    const batch = this.#run.settings.stages[stage]?.batchSize ?? 0;
    this.observer.onStep?.({ step, stepsPerSecond, imagesPerSecond: stepsPerSecond * batch, losses: { loss } });
    const kernels = this.#counted ? undefined : this.#run.trainer.kernelsPerStep;
    if (kernels === undefined) return;
    this.#counted = true;
    this.note(`${kernels} kernels per step`);
  }
}

/** The training of a reader, as a folder sees it. */
class ReaderWork implements FolderWork<ReaderScores> {
  readonly #folder: string;
  readonly #run: ReaderRun;
  readonly #journal: ReaderJournal;
  #scores: ReaderFigures | undefined;
  #peopleSet: PeopleSet = 'tuning';

  constructor(folder: string, run: ReaderRun, journal: ReaderJournal) {
    this.#folder = folder;
    this.#run = run;
    this.#journal = journal;
  }

  get step(): number {
    return this.#run.trainer.step;
  }

  get steps(): number {
    return this.#run.trainer.steps;
  }

  get #weights(): string {
    return join(this.#folder, `${this.#run.settings.reader}.safetensors`);
  }

  get figures(): ReaderScores {
    const scores = this.#scores && { scores: this.#scores, peopleSet: this.#peopleSet };
    return { ...scores, weights: this.#weights };
  }

  async train(save: () => Promise<void>): Promise<void> {
    const { trainer, settings } = this.#run;
    if (trainer.step >= trainer.steps) return;
    await trainer.run({
      until: trainer.steps,
      tasks: [
        { every: settings.evaluateEvery, run: () => this.#measure('tuning') },
        { every: settings.saveEvery, run: save },
      ],
      onStep: (report) => this.#journal.step(report),
    });
  }

  stop(): void {
    this.#run.trainer.stop();
  }

  snapshot(finished: boolean, copied: boolean): Promise<CheckpointContent> {
    const { trainer, settings, dataSets } = this.#run;
    const stored = dataSets.map(({ dataSet, split }) =>
      storedDataSet(
        dataSet,
        split.heldOut.map(({ name }) => name),
        this.#folder,
      ),
    );
    const notes = { ...readerNotes(settings), dataSets: stored, finished };
    return trainer.snapshot({ config: settings.network, notes }, copied);
  }

  async complete(): Promise<void> {
    if (this.#journal.latest('measure') !== this.step) await this.#measure('tuning');
    await this.#measure('reporting');
  }

  async #measure(people: PeopleSet): Promise<void> {
    const { parts, trainer } = this.#run;
    trainer.reader.eval();
    this.#scores = await parts.measure(trainer.reader, people);
    if (trainer.reader === parts.task.network) trainer.reader.train();
    this.#peopleSet = people;
    this.#journal.measured(people === 'tuning' ? 'measure' : 'report', this.#scores, `${people} people`);
    this.#journal.note(`step ${this.step}, ${people} people: ${describeFigures(this.#scores)}`);
    await this.#journal.flush();
    if (people === 'tuning') await this.writeReport();
  }

  /** Writes the weights of the reader in float16, with what they were trained on in their metadata. */
  async writeResults(): Promise<void> {
    const { kind, settings, trainer } = this.#run;
    const { network, ...trained } = settings;
    const metadata = {
      faces: describeFaces(settings),
      trained: JSON.stringify({
        ...trained,
        step: trainer.step,
        ...(this.#scores && { [this.#peopleSet]: this.#scores }),
      }),
    };
    const { architecture } = kind;
    await saveFile(
      this.#weights,
      await saveModule(trainer.reader, { architecture, config: network, storage: 'f16', metadata }),
    );
  }

  async writeReport(): Promise<void> {
    const { settings, trainer } = this.#run;
    const digest = digestOf(logLines(this.#journal.path));
    const { stepsPerSecond } = digest;
    const html = reportPage({
      title: `Visage: ${settings.reader} network, ${trainer.step} of ${trainer.steps} steps`,
      facts: [
        ['adapter', adapterLine(currentGpu())],
        ['preset', `${settings.preset}: ${settings.imageSize} pixels, ${settings.precision} precision`],
        ['faces', describeFaces(settings)],
        ['changes', describeChanges(settings.changes)],
        ...settings.stages.map((stage, k) => [`stage ${k + 1}`, describeStage(stage)] as const),
        ['speed', `${stepsPerSecond.toFixed(2)} steps/s`],
      ],
      tables: this.#scores ? [{ title: `${this.#peopleSet} people`, rows: figureRows(this.#scores) }] : [],
      pictures: [],
      timeline: [],
      besideTimeline: [],
      charts: chartsOf(digest.steps, digest.measured),
    });
    await saveFile(join(this.#folder, 'index.html'), Buffer.from(html));
  }
}

/** Figures in words. */
const describeFigures = (figures: ReaderFigures): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(', ');

/** Figures as rows of a table. */
export const figureRows = (figures: ReaderFigures): string[][] => [
  ['figure', 'value'],
  ...Object.entries(figures).map(([name, value]) => [name, value.toFixed(4)]),
];

function chartsOf(steps: readonly LogLine[], measured: readonly LogLine[]): Chart[] {
  const chart = (title: string, lines: readonly LogLine[], names: readonly string[]): Chart => ({
    title,
    steps: lines.map(({ step }) => step),
    curves: Object.fromEntries(names.map((name) => [name, lines.map(({ values }) => values[name] ?? null)])),
  });
  const figures = Object.keys(measured.at(-1)?.values ?? {});
  return [
    chart('loss', steps, ['loss']),
    chart('learning rate', steps, ['learningRate']),
    chart('on tuning people', measured, figures),
  ].filter(({ steps: points }) => points.length > 0);
}
