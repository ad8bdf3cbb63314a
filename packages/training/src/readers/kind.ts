import type { Layer } from '@visage/nn';
import type { LabelledData, LevelShare, ReaderStage, ReaderTask } from '@visage/simswap';
import type { PeopleSet } from '../evaluation/people.ts';
import type { OpenedData } from '../runs/sources.ts';
import type { ReaderName, ReaderSettings } from './settings.ts';

/** The sizes of a reader and of its training. */
export interface ReaderPreset
  extends Omit<ReaderSettings, 'reader' | 'preset' | 'seed' | 'precision' | 'factorSplit' | 'data' | 'from'> {
  readonly name: string;
  /** One line for the help. */
  readonly about: string;
}

/** Scores of a reader by name. */
export type ReaderFigures = Readonly<Record<string, number>>;

/** What a training of a reader is made of. */
export interface ReaderParts {
  readonly task: ReaderTask;
  /** The labelled faces of a stage. */
  data(stage: ReaderStage): LabelledData;
  /** Prepares what weights do not hold, for a network that was trained before. */
  continued?(): Promise<void>;
  /** Scores a network of the task's architecture, in evaluation mode, on people whom nothing learns from. */
  measure(reader: Layer, people: PeopleSet): Promise<ReaderFigures>;
}

/** A kind of reader. */
export interface ReaderKind {
  readonly name: ReaderName;
  /** What it is, for the help. */
  readonly about: string;
  /** What its weight files name. */
  readonly architecture: string;
  readonly presets: readonly ReaderPreset[];
  /** Whether it can learn from a data set of photographs, which has the names of people and no other labels. */
  readonly photographs: boolean;
  /** Sizes that the faces decide, and not the preset. */
  sizesFor?(levels: readonly LevelShare[]): Readonly<Record<string, unknown>>;
  /**
   * Reads sizes out of JSON; every number is checked.
   *
   * @throws ArgumentError for a size that is missing or out of range.
   */
  readSizes(json: unknown): unknown;
  /** Builds the network of checked sizes, with weights drawn from the seed in force. */
  build(sizes: unknown): Layer;
  /** What trains a network of {@link ReaderKind.build}. */
  open(network: Layer, settings: ReaderSettings, dataSets: readonly OpenedData[]): ReaderParts;
}
