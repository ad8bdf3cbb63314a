/** @file A finished face set becomes another one, without some of its faces or by other rules. */
import { join } from 'node:path';
import { ArgumentError, checkOptions, type OptionKeys, parseJson, showValue } from '@visage/gpu';
import { type CurationRules, completeRules } from '../../sets/curate.ts';
import type { LeftOutFace, SetFace } from '../../sets/face.ts';
import { type Assembled, assemble } from './assemble.ts';
import { type Finds, type FoundFaces, Journal } from './journal.ts';
import { type FaceSet, linesOf, openFaceSet, SET_FILES } from './open.ts';
import { ThumbnailPages } from './page.ts';
import type { PictureSurvey } from './survey.ts';
import { FaceSetWriter } from './write.ts';

/** How a set is revised. */
export interface RevisionOptions {
  /**
   * What is not wanted: a person by its name, all faces of a picture by its `source`, or one face by `#` and its number
   * in the set, which is its line in `faces.jsonl`, counted from 0.
   */
  readonly remove?: readonly string[];
  /** What a face must fulfil. Default: nothing is judged again. */
  readonly rules?: CurationRules;
}

const OPTIONS: OptionKeys<RevisionOptions> = { remove: true, rules: true };

/** Rules that every face of a set fulfils; those that are given take their place. */
const NO_RULES: Required<CurationRules> = {
  enlargement: Number.MAX_VALUE,
  sharpness: 0,
  yaw: 360,
  pitch: 360,
  flag: -1,
  inside: 0,
  stranger: Number.MAX_VALUE,
  duplicate: -1,
  faces: 0,
};

/**
 * Writes a set again, without some of its faces or by other rules. Nothing is detected anew, and `set` stays as it is.
 *
 * Of a set that was imported with `keepFound`, rules are applied to everything that was found, so looser rules bring
 * faces back; rules that are not given have their defaults, and people of a flat folder are told apart anew. Of any
 * other set, given rules are applied to the faces that are in it, so only stricter ones change anything.
 *
 * @throws FileError if `set` is no set or `out` holds one, ArgumentError for a bad option and for what `remove` names
 * but the set does not hold.
 */
export async function reviseFaceSet(set: string, out: string, options: RevisionOptions = {}): Promise<Assembled> {
  checkOptions('reviseFaceSet', options, OPTIONS);
  const { remove = [], rules } = options;
  const judged = completeRules(rules);
  const opened = await openFaceSet(set);
  const kept = rules ? await Journal.kept(set) : undefined;
  let writer: FaceSetWriter | undefined;
  try {
    const isRemoved = await removal(opened, remove);
    writer = await FaceSetWriter.create(out, { size: opened.size, template: opened.template });
    const pages = new ThumbnailPages(out);
    if (kept) return await assemble(kept.survey, kept.journal, judged, writer, pages, isRemoved);
    return await assemble(await surveyOf(opened), findsOf(opened), { ...NO_RULES, ...rules }, writer, pages, isRemoved);
  } catch (cause) {
    await writer?.abandon();
    throw cause;
  } finally {
    await opened.close();
    await kept?.journal.close();
  }
}

/** What a face is recognised by: numbers of faces differ between a set and what was found. */
const keyOf = ({ source, box: { x, y, width, height } }: SetFace): string => [source, x, y, width, height].join('\t');

/** Says of faces whether they are to be removed. */
async function removal(set: FaceSet, remove: readonly string[]): Promise<(face: SetFace) => boolean> {
  const unknown = new Set(remove);
  const [sources, people, faces] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let number = 0;
  if (remove.length > 0)
    for await (const face of set.records()) {
      const { source, person } = face;
      const names = [person, source, `#${number++}`];
      if (!names.some((name) => remove.includes(name))) continue;
      for (const name of names) unknown.delete(name);
      faces.add(keyOf(face));
      if (remove.includes(source)) sources.add(source);
      if (remove.includes(person)) people.add(person);
    }
  const [first] = unknown;
  if (first !== undefined)
    throw new ArgumentError('reviseFaceSet', 'remove', showValue(first), 'a person, a picture or #number of the set');
  return (face) => sources.has(face.source) || people.has(face.person) || faces.has(keyOf(face));
}

/** The faces of a set as if they had just been found, a picture for each. */
function findsOf(set: FaceSet): Finds {
  let number = 0;
  async function* read(): AsyncGenerator<FoundFaces> {
    for await (const record of set.records()) {
      // What was known of the picture beyond the set's lines was judged when the set was made.
      yield { picture: number, faces: [{ ...record, shard: 0, offset: number, length: 0, face: 0, inside: 1 }] };
      number++;
    }
  }
  return { read, crop: ({ offset }) => set.bytes(offset) };
}

/** What is known of the pictures of a set, with what was left out of it before. */
async function surveyOf(set: FaceSet): Promise<PictureSurvey> {
  const leftOut: LeftOutFace[] = [];
  for await (const line of linesOf(join(set.folder, SET_FILES.leftOut))) leftOut.push(parseJson(line) as LeftOutFace);
  const pictures: PictureSurvey['pictures'][number][] = [];
  const sources = new Set<string>();
  for await (const { source, person } of set.records()) {
    if (!sources.has(source)) pictures.push({ source, file: '', person });
    sources.add(source);
  }
  return { layout: 'people', pictures, leftOut };
}
