/** @file The swap of one photograph: from the choice of faces to the new picture, with lines that say what was done. */
import { VisageError } from '@visage/gpu';
import {
  type BlendOptions,
  type Face,
  type FaceChoice,
  type Finder,
  type NamedPicture,
  type PhotoSwapper,
  type Picture,
  type Portrait,
  type SwapPlan,
  samePerson,
} from '@visage/photos';
import type { Tensor } from '@visage/tensor';
import { UsageError } from '../terminal/failure.ts';
import type { PhotoChoice } from './choice.ts';

/** What a photograph is swapped with. */
export interface PhotographTools {
  readonly photos: PhotoSwapper;
  readonly finder: Finder;
  /** The photographs that the choice names. */
  readonly pictures: ReadonlyMap<string, Picture>;
}

/** A new picture, and lines for the terminal. */
export interface SwappedPhotograph {
  readonly picture: Picture;
  readonly lines: readonly string[];
}

/**
 * Swaps the chosen faces of a photograph.
 *
 * @throws VisageError if a photograph of the choice or the target shows no face, or nobody who was looked for.
 */
export async function swapPhotograph(
  tools: PhotographTools,
  target: NamedPicture,
  choice: PhotoChoice,
  blend: BlendOptions,
): Promise<SwappedPhotograph> {
  const { photos, finder } = tools;
  const people = await gallery(tools, choice);
  const faces = await finder.find(target.picture);
  if (faces.length === 0) {
    const { width, height } = target.picture;
    throw new VisageError(`${target.name}: no face was found in its ${width} x ${height} pixels; nothing was written`);
  }
  checkNumbers(choice, faces, target.name);
  const plan = await photos.choose(target.picture, faces, people.choice);
  const missing = describeMissing(choice, plan);
  if (plan.chosen.length === 0)
    throw new VisageError([`${target.name}: no face was swapped, and nothing was written`, ...missing].join('; '));
  const picture = await photos.swap(target.picture, plan, people.identities, blend);
  for (const identity of people.identities) identity.dispose();
  const swapped = plan.chosen.map(({ face, identity, distance }) => {
    const at = distance === undefined ? '' : ` at distance ${distance.toFixed(2)}`;
    return `face ${face}${at} by ${people.names[identity]}`;
  });
  const count = `${faces.length} ${faces.length === 1 ? 'face' : 'faces'}`;
  return { picture, lines: [...people.lines, `${target.name}: ${count}; ${swapped.join(', ')}`, ...missing] };
}

/** The people of a choice: descriptors of those who are looked for, and the identities that replace them. */
export interface Gallery {
  readonly choice: FaceChoice;
  readonly identities: readonly Tensor[];
  /** For each identity the files that it comes from. */
  readonly names: readonly string[];
  readonly lines: readonly string[];
}

export async function gallery({ photos, pictures }: PhotographTools, choice: PhotoChoice): Promise<Gallery> {
  const lines = new Map<string, string>();
  const portraits = async (names: readonly string[]): Promise<Portrait[]> => {
    const found: Portrait[] = [];
    for (const name of names) {
      const portrait = await photos.portrait({ name, picture: pictures.get(name) as Picture });
      found.push(portrait);
      if (portrait.faces > 1) lines.set(name, `${name}: ${portrait.faces} faces; the largest is taken`);
    }
    return found;
  };
  const sources = 'people' in choice ? choice.people.map(({ source }) => source) : [choice.source];
  if ('people' in choice && choice.others) sources.push(choice.others);
  const identities: Tensor[] = [];
  for (const source of sources) identities.push(photos.identity(await portraits(source)));
  const names = sources.map((source) => source.join(' + '));
  if (!('people' in choice)) return { choice: { faces: choice.faces }, identities, names, lines: [...lines.values()] };
  const people: Float32Array[] = [];
  for (const { person } of choice.people) people.push(await photos.descriptor(await portraits(person)));
  const { threshold, others } = choice;
  return {
    choice: { people, threshold, others: others !== undefined },
    identities,
    names,
    lines: [...lines.values()],
  };
}

/** @throws UsageError for a number of a face that the picture does not have. */
function checkNumbers(choice: PhotoChoice, faces: readonly Face[], name: string): void {
  if ('people' in choice || typeof choice.faces === 'string') return;
  const wrong = choice.faces.find((face) => face >= faces.length);
  if (wrong === undefined) return;
  const range =
    faces.length === 1 ? 'one face, number 0' : `${faces.length} faces, 0 to ${faces.length - 1} from the left`;
  throw new UsageError(`--face ${wrong}: ${name} shows ${range}; \`visage detect ${name} --draw FOLDER\` draws them`);
}

/** A line for each person who was not found. */
function describeMissing(choice: PhotoChoice, { faces, missing }: SwapPlan): string[] {
  if (!('people' in choice)) return [];
  const limit = choice.threshold ?? samePerson;
  return missing.map(({ person, nearest }) => {
    const who = choice.people[person]?.person.join(' + ');
    const taken = nearest < limit ? ', and belongs to somebody nearer' : `; --threshold is ${limit}`;
    return `${who}: not among the ${faces.length} faces: the nearest is ${nearest.toFixed(2)} away${taken}`;
  });
}
