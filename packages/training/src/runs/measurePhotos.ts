import type { CheckpointHeader, Swapper } from '@visage/simswap';
import { HeldOutEvaluation } from '../evaluation/heldOut.ts';
import { judgeOf } from '../networks/photoJudge.ts';
import { resumedSettings } from '../settings/settings.ts';
import { foundAgain } from './found.ts';
import type { PhotoFigures } from './results.ts';

/** How a checkpoint is measured on its held-out people. */
export interface MeasurePhotosOptions {
  /** The current folders of data sets that have moved. */
  readonly folders?: readonly string[];
  /** A file with the identity network that recognises people. Default: that of the run, or {@link judgeOf}. */
  readonly judge?: string;
}

/**
 * Measures the swapper of a checkpoint on the people whom its run held out of its first data set.
 *
 * @param path the name of the checkpoint.
 * @returns `undefined` for a run on procedural faces alone, and where fewer than two people have three good pictures.
 * @throws FileError or VisageError when the data set is not found, or is another one now.
 */
export async function measurePhotos(
  path: string,
  header: CheckpointHeader,
  swapper: Swapper,
  { folders, judge }: MeasurePhotosOptions = {},
): Promise<PhotoFigures | undefined> {
  const saved = resumedSettings(header, path);
  const [first] = (await foundAgain(path, header, saved, { folders })).dataSets;
  if (!first) return undefined;
  const { dataSet, split, pictures } = first;
  const network = await judgeOf(judge ?? saved.judge, dataSet.template);
  const evaluation = await HeldOutEvaluation.prepare({ judge: network, people: split.heldOut, pictures });
  if (!evaluation) return undefined;
  return { people: evaluation.people, references: evaluation.references, scores: await evaluation.measure(swapper) };
}
