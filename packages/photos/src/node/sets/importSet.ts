/** @file A folder of pictures becomes a face set. */
import { existsSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import { checkBoolean, checkInteger, checkOneOf, checkOptions, type OptionKeys } from '@visage/gpu';
import { FileError } from '@visage/nn';
import type { TemplateName } from '../../align/templates.ts';
import { type CurationRules, completeRules } from '../../sets/curate.ts';
import { checkSetForm, type SetHeader } from '../../sets/face.ts';
import type { FaceSource } from '../../sets/source.ts';
import { assemble } from './assemble.ts';
import { findFaces } from './find.ts';
import { Journal } from './journal.ts';
import { SET_FILES } from './open.ts';
import { ThumbnailPages } from './page.ts';
import { type PictureLayout, surveyDigest, surveyPictures } from './survey.ts';
import { readFaceLists } from './vggLists.ts';
import { ImportWorkers } from './workers.ts';
import { FaceSetWriter } from './write.ts';

/** How a folder becomes a set. */
export interface ImportOptions {
  /** The side of the aligned faces in pixels. Default 224. */
  readonly size?: number;
  /** Default `simswap`. */
  readonly template?: TemplateName;
  /** Quality of the JPEG files, 1 to 100. Default 95. */
  readonly quality?: number;
  /** Insists that folders are people, or that nothing says who is in a picture. Default: what the folder looks like. */
  readonly layout?: 'people' | 'flat';
  /** What a face must fulfil. */
  readonly rules?: CurationRules;
  /** Keep all that was found in the set, so that `reviseFaceSet` can judge it again. Default false. */
  readonly keepFound?: boolean;
  /** Threads that decode and compress. Default: as many as the machine has processors, at most 8. */
  readonly workers?: number;
  /** Is told of the survey, and after every picture. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Is asked after every picture; the import stops when it returns true, and goes on when it is called again. */
  readonly stop?: () => boolean;
}

const OPTIONS: OptionKeys<ImportOptions> = {
  size: true,
  template: true,
  quality: true,
  layout: true,
  rules: true,
  keepFound: true,
  workers: true,
  onProgress: true,
  stop: true,
};

/** How far an import is. */
export interface ImportProgress {
  readonly layout: PictureLayout;
  /** Pictures that are done, those of an earlier call included. */
  readonly done: number;
  readonly pictures: number;
  /** Pictures that were done before this call. */
  readonly before: number;
}

/** What an import gave. */
export interface ImportResult {
  readonly layout: PictureLayout;
  readonly pictures: number;
  /** The set; undefined if the import was stopped. */
  readonly header?: SetHeader;
  /** How many pictures and faces were left out for each kind of reason, the most frequent first. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/**
 * Finds the faces of all pictures of a folder, aligns them, and writes those that are fit to learn from as a face set.
 * The layouts of `folder` are those of {@link surveyPictures}; lists of VGGFace2 are used when they are there.
 *
 * What was found is kept in `out/unfinished`, so an import that was stopped or killed goes on where it was, and ends
 * with the same set, bit for bit. The pictures are only read.
 *
 * @param source finds and describes faces, usually a `FaceFinder`. Crops are made on the current GPU.
 * @throws FileError if `folder` holds no pictures, `out` holds a set already or lies inside `folder`, and ArgumentError
 * for a bad option. A broken picture is no error; it is left out with the reason.
 */
export async function importFaceSet(
  folder: string,
  out: string,
  source: FaceSource,
  options: ImportOptions = {},
): Promise<ImportResult> {
  checkOptions('importFaceSet', options, OPTIONS);
  const { size = 224, template = 'simswap', quality = 95, layout, workers: threads = defaultWorkers() } = options;
  checkSetForm('importFaceSet', size, template);
  checkInteger('importFaceSet', 'quality', quality, 1, 100);
  checkInteger('importFaceSet', 'workers', threads, 1, 64);
  if (options.keepFound !== undefined) checkBoolean('importFaceSet', 'keepFound', options.keepFound);
  if (layout !== undefined) checkOneOf('importFaceSet', 'layout', layout, ['people', 'flat']);
  const rules = completeRules(options.rules);
  if (existsSync(join(out, SET_FILES.header)))
    throw new FileError(out, 'holds a face set already; remove it first, or choose another folder');
  const survey = await surveyPictures(folder, layout);
  await mkdir(out, { recursive: true });
  await checkApart(folder, out);
  const lists = survey.layout === 'people' ? await readFaceLists(folder) : undefined;
  const smallest = Math.floor((SHARE_OF_CROP * size) / Math.max(rules.enlargement, LEAST_ENLARGEMENT));
  const parts = { pictures: surveyDigest(survey), lists: lists?.files.join(' ') ?? 'none' };
  const plan = { ...parts, size, template, quality, smallest };
  const journal = await Journal.open(out, plan);
  const workers = new ImportWorkers(threads);
  const pictures = survey.pictures.length;
  const result = { layout: survey.layout, pictures };
  try {
    const before = journal.pictures;
    const report = (done: number) => options.onProgress?.({ layout: survey.layout, done, pictures, before });
    report(before);
    await findFaces(survey.pictures, journal, { source, workers, lists, size, template, quality, smallest }, (done) => {
      report(done);
      return !options.stop?.();
    });
    if (journal.pictures < pictures) return { ...result, leftOut: new Map() };
    const writer = await FaceSetWriter.create(out, { size, template });
    const assembled = await assemble(survey, journal, rules, writer, new ThumbnailPages(out));
    if (options.keepFound) await journal.keep(out, survey);
    else await journal.remove();
    return { ...result, ...assembled };
  } finally {
    await journal.close();
    await workers.close();
  }
}

/** The least share of a crop that the box of its face takes; smaller boxes would be enlarged more than is allowed. */
const SHARE_OF_CROP = 0.4;
const LEAST_ENLARGEMENT = 0.25;

const defaultWorkers = (): number => Math.min(8, availableParallelism());

/** A set inside the folder of pictures would be taken for pictures at the next import. */
async function checkApart(folder: string, out: string): Promise<void> {
  const [from, to] = [await realpath(folder), await realpath(out)];
  if (`${to}${sep}`.startsWith(`${from}${sep}`))
    throw new FileError(out, `lies inside ${folder}, which is only read; choose a folder beside it`);
}
