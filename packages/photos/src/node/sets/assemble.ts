/** @file The second half of an import: faces are sorted by people, judged, and written as a set. */
import { clusterDescriptors } from '../../people/clusters.ts';
import { samePerson } from '../../people/descriptors.ts';
import { type CurationRules, curate, type JudgedFace, unfit } from '../../sets/curate.ts';
import type { SetHeader } from '../../sets/face.ts';
import { inOrder } from './flow.ts';
import type { Finds, FoundFace } from './journal.ts';
import { type ThumbnailPages, thumbnailOf } from './page.ts';
import type { PictureSurvey } from './survey.ts';
import type { FaceSetWriter } from './write.ts';

/** The judged faces of a person; the name is empty for faces that belong to nobody. */
interface Group {
  readonly person: string;
  readonly faces: readonly JudgedFace<FoundFace>[];
}

const FACES_AT_ONCE = 8; // whose small pictures are made while others are written

/** What an assembly counts. */
export interface Assembled {
  readonly header: SetHeader;
  /** How many pictures and faces were left out for each kind of reason, the most frequent first. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/** A reason without its figures: what comes before a colon, a number or a name. */
const kindOf = (reason: string): string =>
  reason
    .replace(/ (as|by) .*$/, '')
    .replace(/[:(].*$/, '')
    .replace(/^one of \d+/, 'one of too few')
    .trim();

/**
 * Writes a set of what was found. Faces of all layouts but `flat` are in memory one person at a time.
 *
 * @param isRemoved faces that somebody does not want, whatever the rules say.
 */
export async function assemble(
  survey: PictureSurvey,
  finds: Finds,
  rules: Required<CurationRules>,
  writer: FaceSetWriter,
  pages: ThumbnailPages,
  isRemoved: (face: FoundFace) => boolean = () => false,
): Promise<Assembled> {
  const counts = new Map<string, number>();
  const count = (reason: string) => counts.set(kindOf(reason), (counts.get(kindOf(reason)) ?? 0) + 1);
  for (const left of survey.leftOut) {
    await writer.leaveOut(left);
    count(left.reason);
  }
  const onProblem = async (picture: number, reason: string) => {
    const { source, person } = survey.pictures[picture] as PictureSurvey['pictures'][number];
    await writer.leaveOut({ source, ...(person !== undefined && { person }), reason });
    count(reason);
  };
  const onRemoved = async ({ source, face, person }: FoundFace) => {
    await writer.leaveOut({ source, face, ...(person !== '' && { person }), reason: 'removed' });
    count('removed');
  };
  const wanted = without(usable(finds, onProblem), isRemoved, onRemoved);
  const groups = survey.layout === 'flat' ? groupsByFace(wanted, rules) : groupsByFolder(wanted, rules);
  for await (const { person, faces } of groups) {
    await pages.begin(person);
    const shown = inOrder(faces, FACES_AT_ONCE, async (judged) => {
      const jpeg = await finds.crop(judged.face);
      return { ...judged, jpeg, small: await thumbnailOf(jpeg) };
    });
    for await (const { face, reason, jpeg, small } of shown) {
      await pages.add(face, small, reason);
      if (reason === undefined) await writer.add({ ...face, person }, jpeg);
      else {
        await writer.leaveOut({ source: face.source, face: face.face, ...(person !== '' && { person }), reason });
        count(reason);
      }
    }
  }
  const leftOut = new Map([...counts].sort(([, a], [, b]) => b - a));
  const title = `${writer.faces} faces of ${writer.people} people, from ${survey.pictures.length} pictures`;
  await pages.finish(title, leftOut);
  return { header: await writer.finish(), leftOut };
}

type OnProblem = (picture: number, reason: string) => Promise<void>;

/** Passes over pictures without faces, and files that were there before under another name. */
async function* usable(finds: Finds, onProblem: OnProblem): AsyncGenerator<readonly FoundFace[]> {
  const files = new Map<string, string>();
  for await (const { picture, faces, problem } of finds.read()) {
    const [first] = faces;
    const same = first && files.get(first.sourceHash);
    if (problem !== undefined) await onProblem(picture, problem);
    else if (same !== undefined && same !== first?.source) await onProblem(picture, `the same file as ${same}`);
    else if (first) {
      files.set(first.sourceHash, first.source);
      yield faces;
    }
  }
}

async function* without(
  pictures: AsyncIterable<readonly FoundFace[]>,
  isRemoved: (face: FoundFace) => boolean,
  onRemoved: (face: FoundFace) => Promise<void>,
): AsyncGenerator<readonly FoundFace[]> {
  for await (const faces of pictures) {
    for (const face of faces) if (isRemoved(face)) await onRemoved(face);
    const left = faces.filter((face) => !isRemoved(face));
    if (left.length > 0) yield left;
  }
}

async function* groupsByFolder(
  pictures: AsyncIterable<readonly FoundFace[]>,
  rules: Required<CurationRules>,
): AsyncGenerator<Group> {
  let faces: FoundFace[] = [];
  const group = (): Group => ({ person: faces[0]?.person ?? '', faces: curate(faces, rules, true) });
  for await (const some of pictures) {
    if (faces.length > 0 && faces[0]?.person !== some[0]?.person) {
      yield group();
      faces = [];
    }
    faces.push(...some);
  }
  if (faces.length > 0) yield group();
}

/** People are told apart by their descriptors; all faces are in memory. */
async function* groupsByFace(
  pictures: AsyncIterable<readonly FoundFace[]>,
  rules: Required<CurationRules>,
): AsyncGenerator<Group> {
  const [fit, others]: [FoundFace[], JudgedFace<FoundFace>[]] = [[], []];
  for await (const faces of pictures)
    for (const face of faces) {
      const reason = unfit(face, rules);
      if (reason === undefined) fit.push(face);
      else others.push({ face, reason });
    }
  const people: FoundFace[][] = [];
  const numberOf = new Map([...new Set(fit.map(({ source }) => source))].map((source, k) => [source, k]));
  const numbers = clusterDescriptors(
    fit.map(({ descriptor }) => descriptor as Float32Array),
    samePerson,
    fit.map(({ source }) => numberOf.get(source) as number),
  );
  for (const [k, number] of numbers.entries()) {
    const faces = people[number] ?? [];
    people[number] = faces;
    faces.push(fit[k] as FoundFace);
  }
  for (const [k, faces] of people.entries())
    yield { person: `person-${String(k + 1).padStart(5, '0')}`, faces: curate(faces, rules, false) };
  if (others.length > 0) yield { person: '', faces: others };
}
