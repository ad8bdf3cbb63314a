/**
 * @file Measures a swapper on photographs of real people: everybody's identity goes into everybody else's photograph.
 * The exact swap of two photographs is not known, so networks that learned from photographs judge.
 */
import { VisageError } from '@visage/gpu';
import {
  type AlignedSwapper,
  descriptorDistance,
  type Face,
  type FaceFinder,
  largestFace,
  type MaskChange,
  PhotoSwapper,
  type Picture,
  type TemplateName,
} from '@visage/photos';
import { copy, keep, type Tensor } from '@visage/tensor';
import { changedOutside } from './changedOutside.ts';
import { type FaceShape, landmarkError, poseError } from './faceShape.ts';
import { cosineOf } from './likeness.ts';

/** A photograph that is read when it is needed, so that a folder of any size fits into memory. */
export interface Photograph {
  readonly name: string;
  read(): Promise<Picture>;
}

/** What finds faces, describes whose they are, and looks at them again. */
export type PortraitFinder = Pick<FaceFinder, 'find' | 'describe' | 'follow'>;

/** What is measured, on which photographs. */
export interface PortraitOptions {
  readonly swapper: AlignedSwapper;
  readonly finder: PortraitFinder;
  /** The alignment and the side of the faces that the swapper was trained on. */
  readonly template: TemplateName;
  readonly size: number;
  /** What limits the masks besides the outlines; default nothing. */
  readonly masks?: MaskChange;
  /** How far identities go beyond those of the sources; default 0, see `exaggerated`. */
  readonly exaggeration?: number;
  readonly photographs: readonly Photograph[];
  /** The most ordered pairs that are swapped. Default: all n · (n − 1). */
  readonly pairs?: number;
  /** Called with each photograph that takes part, before the swaps. */
  readonly onPortrait?: (picture: Picture, face: Face, number: number) => Promise<void>;
  /** Called with each swap: the new picture, and the face of the target, whose place is that of the new one. */
  readonly onSwap?: (picture: Picture, face: Face, swap: PortraitSwap) => Promise<void>;
}

/** How far an answer to "this source in this target" is from both. */
export interface PortraitAnswer {
  /** Distances of dlib's descriptors: below 0.6 it takes two faces for one person. */
  readonly toSource: number;
  readonly toTarget: number;
  /** Whether the source is the nearest of all people who take part. */
  readonly recognised: boolean;
  /** The mean distance of the 468 landmarks from the target's, as a share of the distance of the eyes. */
  readonly landmarks: number;
  /** √(Δyaw² + Δpitch² + Δroll²) to the target, in degrees. */
  readonly pose: number;
  /** The face mesh's confidence that the answer shows a face, 0 to 1. */
  readonly flag: number;
  /** Cosines of the latents of the swapper's own identity network. */
  readonly ownToSource: number;
  readonly ownToTarget: number;
}

/** One measured swap. Source and target are numbers of people who take part. */
export interface PortraitSwap extends PortraitAnswer {
  readonly source: number;
  readonly target: number;
  /** The same of the target's own photograph as the answer. */
  readonly copy: PortraitAnswer;
  /** The distance of the descriptors of source and target. */
  readonly apart: number;
  /** Pixels that differ though the mask does not reach them; see {@link changedOutside}. */
  readonly changedOutside: number;
  /** From the target with its face found to the new picture on the host. */
  readonly milliseconds: number;
}

/** The measured swaps, and who took part. */
export interface PortraitMeasurement {
  /** Names of the photographs that take part, in order. */
  readonly people: readonly string[];
  /** Photographs that do not, and why. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
  readonly swaps: readonly PortraitSwap[];
}

/** Somebody who takes part. */
interface Person extends FaceShape {
  readonly photograph: Photograph;
  readonly face: Face;
  readonly descriptor: Float32Array;
  readonly latent: Tensor;
  readonly own: Float32Array;
}

/**
 * Swaps every photograph's person into every other photograph, as `PhotoSwapper` does it for users, and measures each
 * swap. What is left out is not measured and named.
 *
 * @throws VisageError if fewer than two photographs show a face.
 */
export async function measurePortraits(options: PortraitOptions): Promise<PortraitMeasurement> {
  const measurement = new Measurement(options);
  try {
    return await measurement.run();
  } finally {
    measurement.dispose();
  }
}

class Measurement {
  readonly #options: PortraitOptions;
  readonly #photos: PhotoSwapper;
  readonly #people: Person[] = [];
  #mask: Tensor | undefined;

  constructor(options: PortraitOptions) {
    this.#options = options;
    const { swapper, finder, template, size, masks = (_, outlines) => outlines, exaggeration } = options;
    const remembered: MaskChange = (crops, outlines) => {
      const changed = masks(crops, outlines);
      this.#mask = keep(copy(changed));
      return changed;
    };
    this.#photos = new PhotoSwapper({ swapper, finder, template, size, masks: remembered, exaggeration });
  }

  async run(): Promise<PortraitMeasurement> {
    const { photographs, pairs, onPortrait } = this.#options;
    const leftOut: { name: string; why: string }[] = [];
    for (const photograph of photographs) {
      const found = await this.#look(photograph);
      if (typeof found === 'string') {
        leftOut.push({ name: photograph.name, why: found });
        continue;
      }
      await onPortrait?.(found.picture, found.person.face, this.#people.length);
      this.#people.push(found.person);
    }
    const people = this.#people.map(({ photograph }) => photograph.name);
    if (people.length < 2) {
      const [first] = leftOut;
      const example = first ? `; ${first.name}: ${first.why}` : '';
      throw new VisageError(
        `swaps of photographs: ${people.length} of ${photographs.length} show a face, two are needed${example}`,
      );
    }
    const swaps: PortraitSwap[] = [];
    for (const { target, sources } of pairsByTarget(people.length, pairs))
      swaps.push(...(await this.#into(target, sources)));
    return { people, leftOut, swaps };
  }

  dispose(): void {
    for (const { latent } of this.#people) latent.dispose();
    this.#mask?.dispose();
  }

  /** Finds out all about the largest face of a photograph; or says why that is not possible. */
  async #look(photograph: Photograph): Promise<string | { readonly person: Person; readonly picture: Picture }> {
    const { finder } = this.#options;
    const { name } = photograph;
    let picture: Picture;
    try {
      picture = await photograph.read();
    } catch (error) {
      if (error instanceof VisageError) return error.message;
      throw error;
    }
    for (const tiles of [false, true]) {
      const faces = await finder.find(picture, { tiles });
      const face = faces[largestFace(faces)];
      if (!face) continue;
      const latent = this.#photos.identity([{ name, picture, face, faces: faces.length }]);
      const [descriptor, shape, own] = await Promise.all([
        this.#described(picture, face),
        this.#shapeOf(picture, face),
        latent.floats(),
      ]);
      return { picture, person: { photograph, face, descriptor, latent, own, ...shape } };
    }
    return `no face was found in its ${picture.width} x ${picture.height} pixels`;
  }

  /** Swaps some people into one photograph. */
  async #into(number: number, sources: readonly number[]): Promise<PortraitSwap[]> {
    const target = this.#people[number] as Person;
    const picture = await target.photograph.read();
    const swaps: PortraitSwap[] = [];
    for (const source of sources) {
      const { latent, descriptor } = this.#people[source] as Person;
      const plan = { faces: [target.face], chosen: [{ face: 0, identity: 0 }], missing: [] };
      const began = performance.now();
      const result = await this.#photos.swap(picture, plan, [latent]);
      const milliseconds = performance.now() - began;
      const swap: PortraitSwap = {
        source,
        target: number,
        ...(await this.#answer(result, source, target)),
        copy: this.#compared(target, source, target),
        apart: descriptorDistance(descriptor, target.descriptor),
        changedOutside: await this.#changed(picture, result, target.face),
        milliseconds,
      };
      swaps.push(swap);
      await this.#options.onSwap?.(result, target.face, swap);
    }
    return swaps;
  }

  async #answer(picture: Picture, source: number, target: Person): Promise<PortraitAnswer> {
    const latent = this.#photos.identity([{ name: 'swap', picture, face: target.face, faces: 1 }]);
    const descriptor = await this.#described(picture, target.face);
    const shape = await this.#shapeOf(picture, target.face);
    const own = await latent.floats();
    latent.dispose();
    return this.#compared({ descriptor, own, ...shape }, source, target);
  }

  /** Compares an answer with its source and its target. */
  #compared(
    answer: Pick<Person, 'descriptor' | 'own' | 'mesh' | 'flag'>,
    number: number,
    target: Person,
  ): PortraitAnswer {
    const source = this.#people[number] as Person;
    const distances = this.#people.map(({ descriptor }) => descriptorDistance(answer.descriptor, descriptor));
    return {
      toSource: distances[number] as number,
      toTarget: descriptorDistance(answer.descriptor, target.descriptor),
      recognised: distances.indexOf(Math.min(...distances)) === number,
      landmarks: landmarkError(answer, target),
      pose: poseError(answer, target),
      flag: answer.flag,
      ownToSource: cosineOf(answer.own, source.own),
      ownToTarget: cosineOf(answer.own, target.own),
    };
  }

  async #described(picture: Picture, face: Face): Promise<Float32Array> {
    const [descriptor] = await this.#options.finder.describe(picture, [face]);
    return descriptor as Float32Array;
  }

  /** One look of the face mesh around the face, in the target and in the swap alike. */
  async #shapeOf(picture: Picture, face: Face): Promise<FaceShape> {
    const [seen] = await this.#options.finder.follow(picture, [face]);
    const { mesh, flag, points } = seen as Face;
    return { mesh, flag, points };
  }

  async #changed(before: Picture, after: Picture, face: Face): Promise<number> {
    const mask = this.#mask as Tensor;
    const values = await mask.floats();
    mask.dispose();
    this.#mask = undefined;
    const { transform } = this.#photos.place(face, (this.#people[0] as Person).latent);
    return changedOutside(before, after, { values, size: this.#options.size }, transform);
  }
}

/**
 * Ordered pairs of different people, each target with its sources. Fewer than all are spread evenly: everybody is a
 * source once before anybody is again, and so it is with targets.
 */
export function pairsByTarget(
  people: number,
  most = Number.POSITIVE_INFINITY,
): { readonly target: number; readonly sources: readonly number[] }[] {
  const count = Math.min(most, people * (people - 1));
  const pairs = Array.from({ length: count }, (_, k) => ({
    source: k % people,
    target: (k + 1 + Math.floor(k / people)) % people,
  }));
  return Array.from({ length: people }, (_, target) => ({
    target,
    sources: pairs.filter((pair) => pair.target === target).map(({ source }) => source),
  })).filter(({ sources }) => sources.length > 0);
}
