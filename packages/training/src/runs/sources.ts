/** @file The training data of a run, from the sources that its settings name. */
import {
  alone,
  ChangedPairs,
  changesPictures,
  MixedPairs,
  type MixPart,
  ProceduralPairs,
  type Shard,
  type TrainingData,
} from '@visage/simswap';
import type { DataSet } from '../data/dataSet.ts';
import { PicturePairs } from '../data/picturePairs.ts';
import { Pictures } from '../data/pictures.ts';
import { type DataSplit, splitPeople } from '../data/split.ts';
import { levelsOf, type RunSettings, sharing } from '../settings/settings.ts';

/** A data set of a run that is ready to be drawn from. */
export interface OpenedData {
  readonly dataSet: DataSet;
  readonly split: DataSplit;
  /** Reads the pictures of the data set and records which are bad. */
  readonly pictures: Pictures;
}

/** What may be said of the data sets when a run is resumed. */
export interface SourceChanges {
  /** The current folders of data sets that have moved, in any order. */
  readonly folders?: readonly string[];
  /** Resume even if a data set differs from the one that the run began with. */
  readonly allowOtherData?: boolean;
}

/**
 * Splits a data set and prepares to read it.
 *
 * @param heldOut the names of the held-out people, if an earlier part of the run chose them.
 */
export function openedData(
  dataSet: DataSet,
  settings: Pick<RunSettings, 'heldOut' | 'imageSize'>,
  heldOut?: readonly string[],
): OpenedData {
  const split = splitPeople(dataSet, settings.heldOut, heldOut);
  return { dataSet, split, pictures: new Pictures(dataSet, settings.imageSize) };
}

/**
 * The training data of a run, or the rows of it that one of several devices takes. A single source is taken as it is,
 * several are mixed by weight.
 */
export function runData(settings: RunSettings, dataSets: readonly OpenedData[], whole: Shard = alone): TrainingData {
  const { rank, ranks } = whole;
  const shard = { rank, ranks };
  const { recipe, seed, data } = settings;
  let next = 0;
  const parts = data.flatMap(({ folder, weight }) =>
    folder === null
      ? renderedParts(settings, weight, shard)
      : [{ weight, data: pictureData(settings, dataSets[next++] as OpenedData, shard) }],
  );
  const pairs = parts.length === 1 ? (parts[0] as { data: TrainingData }).data : new MixedPairs(parts, seed);
  return changesPictures(recipe.pictures) ? new ChangedPairs(pairs, recipe.pictures, seed) : pairs;
}

/** Rendered faces of each level, with their shares of the weight of all. */
function renderedParts(settings: RunSettings, all: number, shard: Shard): MixPart[] {
  const { batchSize, imageSize, identities, seed } = settings;
  return sharing(levelsOf(settings), all).map(({ level, weight }) => ({
    weight,
    data: new ProceduralPairs({ batchSize, imageSize, identities, level, seed, shard }),
  }));
}

const pictureData = ({ batchSize, seed }: RunSettings, { split, pictures }: OpenedData, shard: Shard): TrainingData =>
  new PicturePairs({ people: split.trained, pictures, batchSize, seed, shard });
