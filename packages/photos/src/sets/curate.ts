/** @file Which faces of a person go into a set, and why the others do not. */
import { checkNumber, checkOptions, type OptionKeys } from '@visage/gpu';
import { descriptorDistance } from '../people/descriptors.ts';
import { type Candidate, enlargement } from './candidate.ts';
import { Seen } from './duplicates.ts';

/** What a face must fulfil to go into a set. */
export interface CurationRules {
  /** The most that a face may be enlarged: 1.6 are 20 pixels between the eyes for a crop of 112. Default 1.6. */
  readonly enlargement?: number;
  /** The least variance of the Laplacian at 128 pixels. Default 20. */
  readonly sharpness?: number;
  /** The most degrees that a head may be turned to the side. Default 75. */
  readonly yaw?: number;
  /** The most degrees that a head may look up or down. Default 45. */
  readonly pitch?: number;
  /** The least confidence of the face mesh that this is a face. Default 0.8. */
  readonly flag?: number;
  /** The least share of the crop that lies inside the picture. Default 0.6. */
  readonly inside?: number;
  /** The most distance of a descriptor from the middle of the person's descriptors. Default 0.6. */
  readonly stranger?: number;
  /** The bits of perceptual hashes in which copies differ at most. Default 4; −1 keeps all near-duplicates. */
  readonly duplicate?: number;
  /** The least faces of a person. Default 1. */
  readonly faces?: number;
}

const RULES: OptionKeys<CurationRules> = {
  enlargement: true,
  sharpness: true,
  yaw: true,
  pitch: true,
  flag: true,
  inside: true,
  stranger: true,
  duplicate: true,
  faces: true,
};

/** The rules that apply where none are given. */
export const defaultRules: Required<CurationRules> = {
  enlargement: 1.6,
  sharpness: 20,
  yaw: 75,
  pitch: 45,
  flag: 0.8,
  inside: 0.6,
  stranger: 0.6,
  duplicate: 4,
  faces: 1,
};

/**
 * All rules, with the defaults for those that are not given.
 *
 * @throws ArgumentError for a rule that there is not, or that is no number.
 */
export function completeRules(rules: CurationRules = {}): Required<CurationRules> {
  checkOptions('curation', rules, RULES);
  const given = Object.entries(rules).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) checkNumber('curation', name, value, -1);
  return { ...defaultRules, ...Object.fromEntries(given) };
}

/** A face that was judged: it is kept if there is no reason to leave it out. */
export interface JudgedFace<C extends Candidate = Candidate> {
  readonly face: C;
  readonly reason?: string;
}

/**
 * Judges the faces of one person, in their order.
 *
 * 1. What is wrong with a face by itself: too small, blurred, turned, cut off.
 * 2. Of a picture with several faces, the one nearest to the person's median descriptor is the person; without
 *    descriptors, the largest.
 * 3. Faces too far from that median are strangers. The median of each number of the descriptors stays with the person
 *    as long as strangers are fewer than half.
 * 4. Of near-duplicates the one with the most pixels stays.
 * 5. A person with too few faces is left out.
 *
 * @param oneEach do all pictures show this person, and each only once? False where people were told apart by
 * clustering.
 */
export function curate<C extends Candidate>(
  faces: readonly C[],
  rules: Required<CurationRules>,
  oneEach: boolean,
): JudgedFace<C>[] {
  const reasons = new Map<C, string>();
  const left = (): C[] => faces.filter((face) => !reasons.has(face));
  for (const face of faces) {
    const reason = unfit(face, rules);
    if (reason !== undefined) reasons.set(face, reason);
  }
  if (oneEach) {
    for (const face of othersOf(left())) reasons.set(face, 'another face of the picture');
    for (const [face, reason] of strangers(left(), rules.stranger)) reasons.set(face, reason);
  }
  for (const [face, reason] of duplicates(left(), rules.duplicate)) reasons.set(face, reason);
  const kept = left();
  if (kept.length < rules.faces)
    for (const face of kept) reasons.set(face, `one of ${kept.length} faces of this person, fewer than ${rules.faces}`);
  return faces.map((face) => ({ face, reason: reasons.get(face) }));
}

/** What is wrong with a face by itself; undefined if nothing is. */
export function unfit(face: Candidate, rules: Required<CurationRules>): string | undefined {
  const larger = enlargement(face);
  const { flag = 1, inside, pose } = face;
  if (flag < rules.flag) return `hardly a face: confidence ${flag.toFixed(2)}, below ${rules.flag}`;
  if (larger > rules.enlargement)
    return `too small: ${face.eyes.toFixed(0)} px between the eyes, enlarged ${larger.toFixed(1)} times`;
  if (inside < rules.inside) return `cut off: ${Math.round(100 * inside)} % of the crop lie inside the picture`;
  if (Math.abs(pose.yaw) > rules.yaw) return `turned to the side by ${Math.abs(pose.yaw).toFixed(0)} degrees`;
  if (Math.abs(pose.pitch) > rules.pitch)
    return `looks ${pose.pitch > 0 ? 'down' : 'up'} by ${Math.abs(pose.pitch).toFixed(0)} degrees`;
  if (face.sharpness < rules.sharpness)
    return `blurred: sharpness ${face.sharpness.toFixed(0)}, below ${rules.sharpness}`;
  return undefined;
}

/** The faces of each picture but the one of the person. */
function othersOf<C extends Candidate>(faces: readonly C[]): C[] {
  const pictures = new Map<string, C[]>();
  for (const face of faces) pictures.set(face.source, [...(pictures.get(face.source) ?? []), face]);
  const largest = Array.from(pictures.values(), (all) =>
    all.reduce((best, one) => (one.eyes > best.eyes ? one : best)),
  );
  const median = medianDescriptor(largest);
  return Array.from(pictures.values()).flatMap((all) => {
    const person = all.reduce((best, one) => (nearer(one, best, median) ? one : best));
    return all.filter((face) => face !== person);
  });
}

function nearer(one: Candidate, other: Candidate, median: Float32Array | undefined): boolean {
  if (!median || !one.descriptor || !other.descriptor) return one.eyes > other.eyes;
  return descriptorDistance(one.descriptor, median) < descriptorDistance(other.descriptor, median);
}

function strangers<C extends Candidate>(faces: readonly C[], most: number): [C, string][] {
  const median = medianDescriptor(faces);
  return faces.flatMap((face): [C, string][] => {
    const distance = median && face.descriptor ? descriptorDistance(face.descriptor, median) : 0;
    return distance > most ? [[face, `a stranger: distance ${distance.toFixed(2)} from the others`]] : [];
  });
}

/** The median of each number of the descriptors; undefined without descriptors. */
function medianDescriptor(faces: readonly Candidate[]): Float32Array | undefined {
  const descriptors = faces.flatMap(({ descriptor }) => (descriptor ? [descriptor] : []));
  if (descriptors.length === 0) return undefined;
  const middle = descriptors.length >> 1;
  return Float32Array.from({ length: descriptors[0]?.length ?? 0 }, (_, k) => {
    const sorted = Float32Array.from(descriptors, (one) => one[k] as number).sort();
    const [low, high] = [sorted[(sorted.length - 1) >> 1] as number, sorted[middle] as number];
    return (low + high) / 2;
  });
}

function duplicates<C extends Candidate>(faces: readonly C[], bits: number): [C, string][] {
  const seen = new Seen<C>(bits);
  const largestFirst = [...faces].sort((a, b) => b.eyes - a.eyes); // stable: equals stay in their order
  return largestFirst.flatMap((face): [C, string][] => {
    const same = seen.find(face);
    if (!same) seen.add(face);
    return same ? [[face, `nearly the same as ${same.source}`]] : [];
  });
}
