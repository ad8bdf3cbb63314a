import { ArgumentError } from '@visage/gpu';
import type { Tensor } from '@visage/tensor';
import type { FaceChoice } from '../swap/choose.ts';
import type { BlendOptions, PhotoSwapper } from '../swap/photoSwapper.ts';
import type { GpuPicture } from '../warp/gpuPicture.ts';
import { windowOf } from '../warp/placements.ts';
import { type CastFace, Casting } from './casting.ts';
import type { FrameView } from './frameOnGpu.ts';
import type { FrameMoment, FrameWork } from './frames.ts';
import { FaceTracker, type FrameFinder } from './tracker.ts';

/** What a {@link FilmSwap} is made of. */
export interface FilmSwapParts {
  readonly photos: Pick<PhotoSwapper, 'place' | 'swapFaces' | 'size'>;
  /** A `FaceFinder`. */
  readonly finder: FrameFinder;
  readonly choice: FaceChoice;
  /** By the numbers of the choice, each [1, latent]. They belong to the caller. */
  readonly identities: readonly Tensor[];
  readonly blend?: BlendOptions;
}

/** Swaps faces in the frames of a film. */
export class FilmSwap implements FrameWork<readonly CastFace[]> {
  readonly #parts: FilmSwapParts;
  readonly #tracker: FaceTracker;
  readonly #casting: Casting;
  readonly #swapped = new Set<number>();

  /** @throws ArgumentError for a choice that is none, or asks for identities that are not there. */
  constructor(parts: FilmSwapParts) {
    const { choice, identities, finder } = parts;
    this.#casting = new Casting(choice);
    const asked = 'people' in choice ? choice.people.length + Number(choice.others ?? false) : 1;
    if (identities.length < asked)
      throw new ArgumentError('FilmSwap', 'identities', `${identities.length}`, `${asked}, as the choice asks`);
    this.#parts = parts;
    this.#tracker = new FaceTracker(finder);
  }

  /** The numbers of the identities that some face got. */
  get swapped(): ReadonlySet<number> {
    return this.#swapped;
  }

  async look(frame: FrameView, moment: FrameMoment): Promise<readonly CastFace[] | undefined> {
    const faces = this.#casting.next(await this.#tracker.next(frame, moment), this.#tracker.people);
    for (const { identity } of faces) this.#swapped.add(identity);
    return faces.length > 0 ? faces : undefined;
  }

  change(frame: FrameView, faces: readonly CastFace[]): GpuPicture {
    const { photos, identities, blend } = this.#parts;
    const placed = faces.map(({ face, identity }) => photos.place(face, identities[identity] as Tensor));
    const window = windowOf(
      frame,
      placed.map(({ transform }) => transform),
      photos.size,
    );
    return photos.swapFaces(frame.picture(window), placed, blend);
  }

  /** Plain data, from which {@link restore} goes on as if nothing had happened. */
  state(): unknown {
    return {
      tracker: this.#tracker.state(),
      casting: this.#casting.state(),
      swapped: [...this.#swapped],
    } satisfies FilmSwapState;
  }

  /** @param state of {@link state}. */
  restore(state: unknown): void {
    const { tracker, casting, swapped } = state as FilmSwapState;
    this.#tracker.restore(tracker);
    this.#casting.restore(casting);
    for (const identity of swapped) this.#swapped.add(identity);
  }
}

interface FilmSwapState {
  readonly tracker: unknown;
  readonly casting: ReturnType<Casting['state']>;
  readonly swapped: readonly number[];
}
