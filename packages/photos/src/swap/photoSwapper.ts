import {
  ArgumentError,
  checkFunction,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  type OptionKeys,
} from '@visage/gpu';
import { concat, scope, type Tensor } from '@visage/tensor';
import { alignFace } from '../align/align.ts';
import { type TemplateName, templates } from '../align/templates.ts';
import type { Face } from '../core/face.ts';
import type { Similarity } from '../core/geometry.ts';
import type { Picture } from '../core/picture.ts';
import { outlineMasks, placeOutlines } from '../paste/masks.ts';
import { outlineOf } from '../paste/outlines.ts';
import { pasteBack, pasteIntoPicture } from '../paste/paste.ts';
import { checkHeld, cropPictures } from '../warp/crop.ts';
import type { GpuPicture } from '../warp/gpuPicture.ts';
import { placeCrops } from '../warp/placements.ts';
import { type ChosenFaces, checkChoice, chooseFaces, type FaceChoice } from './choose.ts';
import {
  type AlignedSwapper,
  descriptorOf,
  exaggerated,
  type Finder,
  identityOf,
  type NamedPicture,
  type Portrait,
  portraitOf,
} from './identities.ts';

/**
 * Changes masks by what the crops show: crops [N, S, S, 3] and soft masks of the faces' outlines [N, S, S, 1] → masks.
 * A parsing network takes hands and hair out of them with `keepOccluders`.
 */
export type MaskChange = (crops: Tensor, outlines: Tensor) => Tensor;

/** What a {@link PhotoSwapper} is made of. */
export interface PhotoSwapperOptions {
  /** A `Swapper` of `@visage/simswap`. */
  readonly swapper: AlignedSwapper;
  /** A `FaceFinder`. */
  readonly finder: Finder;
  /** The alignment of the faces that the swapper was trained on. */
  readonly template: TemplateName;
  /** The side of those faces in pixels. */
  readonly size: number;
  /** Default: the outlines alone. */
  readonly masks?: MaskChange;
  /** How far identities go beyond those of the sources, away from those of the targets; see {@link exaggerated}. */
  readonly exaggeration?: number;
}

/** How faces are blended into their picture. */
export interface BlendOptions {
  /** How much of the change is applied, 0 to 1. Default 1. */
  readonly strength?: number;
  /** `match`, the default: the swapped face gets the mean colour and contrast of the one that it replaces. */
  readonly colour?: 'match' | 'keep';
}

/** A face, where it is cropped, and whose identity it gets. */
export interface PlacedFace {
  /** Takes points of the picture to points of the crop. */
  readonly transform: Similarity;
  readonly mesh: Float32Array;
  /** [1, latent], a unit vector. Faces of one identity share the tensor. */
  readonly latent: Tensor;
}

/** The faces of a picture and what becomes of them. */
export interface SwapPlan extends ChosenFaces {
  /** All faces, from left to right. */
  readonly faces: readonly Face[];
}

const OPTIONS: OptionKeys<PhotoSwapperOptions> = {
  swapper: true,
  finder: true,
  template: true,
  size: true,
  masks: true,
  exaggeration: true,
};
const BLEND: OptionKeys<BlendOptions> = { strength: true, colour: true };

/** The most that {@link PhotoSwapperOptions.exaggeration} takes; pictures fall apart long before. */
export const mostExaggeration = 10;

/** Pixels that are swapped at once: four faces of 256 x 256, or one of 512 x 512. */
const PIXELS_AT_ONCE = 4 * 256 ** 2;

/**
 * Swaps faces in photographs: finds them, aligns and crops them, swaps the crops, and blends the result into the
 * picture.
 *
 * ```ts
 * const me = photos.identity([await photos.portrait({ name: 'me.jpg', picture: mine })]);
 * const plan = await photos.plan(party, { faces: 'largest' });
 * const swapped = await photos.swap(party, plan, [me]);
 * ```
 *
 * What no mask reaches keeps its bits. Swapper and networks belong to the caller.
 */
export class PhotoSwapper {
  readonly #swapper: AlignedSwapper;
  readonly #finder: Finder;
  readonly #masks: MaskChange;
  readonly #exaggeration: number;
  readonly template: TemplateName;
  readonly size: number;

  /** @throws ArgumentError for options that there are not. */
  constructor(options: PhotoSwapperOptions) {
    checkOptions('PhotoSwapper', options, OPTIONS);
    const { swapper, finder, template, size, masks = (_, outlines) => outlines, exaggeration = 0 } = options;
    checkOneOf('PhotoSwapper', 'template', template, Object.keys(templates));
    checkInteger('PhotoSwapper', 'size', size, 1);
    checkFunction('PhotoSwapper', 'masks', masks);
    checkNumber('PhotoSwapper', 'exaggeration', exaggeration, 0, mostExaggeration);
    this.#swapper = swapper;
    this.#finder = finder;
    this.#masks = masks;
    this.#exaggeration = exaggeration;
    this.template = template;
    this.size = size;
  }

  /**
   * Finds the person that a photograph shows: its largest face.
   *
   * @throws VisageError that names the photograph if it shows no face.
   */
  portrait(photograph: NamedPicture): Promise<Portrait> {
    return portraitOf(this.#finder, photograph);
  }

  /** The identity of a person, [1, latent], from one or several portraits. The caller's to dispose. */
  identity(portraits: readonly Portrait[]): Tensor {
    return identityOf(this.#swapper, portraits, this.template, this.size);
  }

  /** A person's descriptor, which a {@link FaceChoice} looks for: the mean over portraits. */
  descriptor(portraits: readonly Portrait[]): Promise<Float32Array> {
    return descriptorOf(this.#finder, portraits);
  }

  /**
   * Finds the faces of a picture and chooses those that are swapped.
   *
   * @throws ArgumentError for a face that is not there.
   */
  async plan(target: Picture, choice: FaceChoice): Promise<SwapPlan> {
    checkChoice(choice);
    return this.choose(target, await this.#finder.find(target), choice);
  }

  /** As {@link plan}, among faces that were found before. */
  async choose(target: Picture, faces: readonly Face[], choice: FaceChoice): Promise<SwapPlan> {
    const descriptors = 'people' in choice ? await this.#finder.describe(target, faces) : [];
    return { faces, ...chooseFaces(faces, choice, descriptors) };
  }

  /**
   * Swaps the chosen faces of a picture: a new picture. The picture itself if the plan chose none.
   *
   * @param identities by the numbers that the plan gives, each [1, latent].
   * @throws ArgumentError for options that there are not, and for an identity that is missing.
   */
  async swap(
    target: Picture,
    { faces, chosen }: SwapPlan,
    identities: readonly Tensor[],
    options: BlendOptions = {},
  ): Promise<Picture> {
    checkBlend('PhotoSwapper.swap', options);
    const placed = chosen.map(({ face, identity }) =>
      this.place(faces[face] as Face, identityAt(identities, identity)),
    );
    let result = target;
    for (const some of this.#portions(placed)) {
      const crops = cropPictures(
        target,
        some.map(({ transform }) => transform),
        this.size,
      );
      const { swapped, masks } = scope(() => this.#changed(crops, some, outlinesOf(some)));
      const transforms = some.map(({ transform }) => transform);
      result = await pasteIntoPicture(result, swapped, transforms, masks, { ...options, crops });
      for (const made of [crops, swapped, masks]) made.dispose();
    }
    return result;
  }

  /** Places a face: the transform of its alignment, with its mesh and an identity. */
  place({ points, mesh }: Pick<Face, 'points' | 'mesh'>, latent: Tensor): PlacedFace {
    const { transform } = alignFace(points, this.template, this.size);
    return { transform, mesh, latent };
  }

  /**
   * Swaps faces of a picture on the GPU, for instance of a frame of a film: a new picture of the same window. Nothing
   * waits for the GPU. The new tensors belong to the surrounding scope, or to the caller.
   *
   * @param frame it must hold what the crops of the faces show.
   */
  swapFaces(frame: GpuPicture, faces: readonly PlacedFace[], options: BlendOptions = {}): GpuPicture {
    checkBlend('PhotoSwapper.swapFaces', options);
    return scope(() => {
      let result = frame;
      for (const some of this.#portions(faces)) {
        const transforms = some.map(({ transform }) => transform);
        checkHeld(frame, transforms, this.size);
        // Both are written before the first launch: a write parts the launches around it into two submissions.
        const [placements, outlines] = [placeCrops(transforms, this.size, frame.pixels.gpu), outlinesOf(some)];
        const crops = cropPictures(frame, placements, this.size);
        const { swapped, masks } = this.#changed(crops, some, outlines);
        result = pasteBack(result, swapped, placements, masks, { ...options, crops });
      }
      return result;
    });
  }

  /** Swaps crops, and makes the masks of what is pasted of them. */
  #changed(
    crops: Tensor,
    faces: readonly PlacedFace[],
    outlines: Tensor,
  ): { readonly swapped: Tensor; readonly masks: Tensor } {
    const latents = [...new Set(faces.map(({ latent }) => latent))];
    const [first] = latents as [Tensor];
    const latent =
      latents.length === 1
        ? first
        : concat(
            faces.map((face) => face.latent),
            0,
          );
    const masks = this.#masks(crops, outlineMasks(outlines, this.size));
    const amount = this.#exaggeration;
    const wanted = amount === 0 ? latent : exaggerated(latent, this.#swapper.latent(crops), amount);
    return { swapped: this.#swapper.swap(crops, wanted), masks };
  }

  /** Faces in portions that are swapped at once. */
  #portions(faces: readonly PlacedFace[]): readonly (readonly PlacedFace[])[] {
    const most = Math.max(1, Math.floor(PIXELS_AT_ONCE / this.size ** 2));
    return Array.from({ length: Math.ceil(faces.length / most) }, (_, k) => faces.slice(k * most, (k + 1) * most));
  }
}

const outlinesOf = (faces: readonly PlacedFace[]): Tensor =>
  placeOutlines(
    faces.map(outlineOf),
    faces.map(({ transform }) => transform),
  );

function checkBlend(op: string, options: BlendOptions): void {
  checkOptions(op, options, BLEND);
  checkNumber(op, 'strength', options.strength ?? 1, 0, 1);
  checkOneOf(op, 'colour', options.colour ?? 'match', ['match', 'keep']);
}

function identityAt(identities: readonly Tensor[], k: number): Tensor {
  const identity = identities[k];
  if (identity) return identity;
  throw new ArgumentError(
    'PhotoSwapper.swap',
    'identities',
    `${identities.length}`,
    `at least ${k + 1}, as the plan asks`,
  );
}
