/** @file Follows the faces of a film from frame to frame, and knows whose they are. */
import type { Face } from '../core/face.ts';
import type { Box } from '../core/geometry.ts';
import { lookWindow } from '../detect/meshCrops.ts';
import { samePerson } from '../people/descriptors.ts';
import type { GpuPicture } from '../warp/gpuPicture.ts';
import { FilmPeople } from './filmPeople.ts';
import type { FrameView } from './frameOnGpu.ts';
import type { FrameMoment } from './frames.ts';
import { type SteadyState, steadied } from './steady.ts';
import { isCut } from './thumbnail.ts';

/** What finds faces in frames: a `FaceFinder`. */
export interface FrameFinder {
  find(source: GpuPicture, options?: { readonly tiles?: boolean }): Promise<Face[]>;
  follow(source: GpuPicture, previous: readonly Face[]): Promise<Face[]>;
  describe(source: GpuPicture, faces: readonly Face[]): Promise<Float32Array[]>;
}

/** A face of a frame, steadied, and the number of its person in the order of appearance. */
export interface TrackedFace {
  readonly face: Face;
  readonly track: number;
  readonly person: number;
}

/** A face that is followed. */
interface Track {
  readonly id: number;
  readonly person: number;
  /** As it was found last; the next frame is searched around it. */
  readonly face: Face;
  readonly shown: Face;
  readonly steady?: SteadyState;
  /** Frames since it was last seen. */
  readonly missed: number;
  /** Frames in a row whose descriptors say that it is somebody else. */
  readonly doubted: number;
}

/** Seconds between searches of the whole frame, while there are faces and while there are none. */
const SEARCH = { faces: 1, none: 0.25 } as const;

/** The flag of the face mesh below which a face is lost. */
const SEEN = 0.5;

/** Frames for which a lost face stays where it was, because a single frame with the old face flashes. */
const HELD = 5;

/** Frames in a row that have to agree before a track becomes another person. */
const SWITCH = 5;

/** Two boxes that share so much of their union show the same face. */
const SAME_FACE = 0.3;

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}

/**
 * Follows the faces of a film.
 *
 * The whole frame is searched at the beginning, at cuts, once a second, and when a face is lost; in between the face
 * mesh follows each face from where it was. A lost face is held for five frames. Who it is decides the descriptor when
 * a track begins, and again once a second; a track becomes another person only after five frames that agree.
 */
export class FaceTracker {
  readonly people = new FilmPeople();
  readonly #finder: FrameFinder;
  #tracks: Track[] = [];
  #begun = 0; // tracks
  #searched = Number.NEGATIVE_INFINITY; // seconds
  #before: Uint8Array | undefined; // the thumbnail of the last frame

  constructor(finder: FrameFinder) {
    this.#finder = finder;
  }

  /** The faces of the next frame, in the order in which their tracks began. */
  async next(frame: FrameView, { timestamp, thumbnail }: FrameMoment): Promise<TrackedFace[]> {
    if (!this.#before || isCut(this.#before, thumbnail)) {
      this.#tracks = [];
      this.#searched = Number.NEGATIVE_INFINITY;
    }
    this.#before = thumbnail;
    await this.#follow(frame);
    const pause = this.#tracks.length > 0 ? SEARCH.faces : SEARCH.none;
    const isDue = timestamp - this.#searched >= pause || this.#tracks.some(({ missed }) => missed > 0);
    const known = this.#begun;
    if (isDue) {
      this.#searched = timestamp;
      await this.#search(frame);
    }
    this.#tracks = this.#tracks.filter(({ missed }) => missed <= HELD);
    await this.#doubt(frame, known, isDue);
    this.#tracks = this.#tracks.map((track) => {
      if (track.missed > 0) return track;
      const { face, state } = steadied(track.face, track.steady, timestamp);
      return { ...track, shown: face, steady: state };
    });
    return this.#tracks.map(({ shown, id, person }) => ({ face: shown, track: id, person }));
  }

  async #follow(frame: FrameView): Promise<void> {
    if (this.#tracks.length === 0) return;
    const before = this.#tracks.map(({ face }) => face);
    const window = lookWindow(
      frame,
      before.map(({ mesh }) => mesh),
    );
    const faces = await this.#finder.follow(frame.picture(window), before);
    const followed = this.#tracks.map((track, k): Track => {
      const face = faces[k] as Face;
      return face.flag >= SEEN ? { ...track, face, missed: 0 } : { ...track, missed: track.missed + 1 };
    });
    // Of two tracks on one face the older stays.
    this.#tracks = followed.filter(
      ({ face }, k) => !followed.slice(0, k).some((older) => overlap(older.face.box, face.box) > 2 * SAME_FACE),
    );
  }

  /** Searches the whole frame: lost faces may be found again, others are new. */
  async #search(view: FrameView): Promise<void> {
    const frame = view.picture();
    const found = await this.#finder.find(frame, { tiles: false });
    const seen = this.#tracks.filter(({ missed }) => missed === 0);
    const others = found.filter((face) => !seen.some((track) => overlap(track.face.box, face.box) > SAME_FACE));
    const again = new Set<Face>();
    this.#tracks = this.#tracks.map((track) => {
      if (track.missed === 0) return track;
      const face = others.find((other) => !again.has(other) && overlap(track.face.box, other.box) > SAME_FACE / 2);
      if (!face) return track;
      again.add(face);
      return { ...track, face, missed: 0 };
    });
    await this.#begin(
      frame,
      others.filter((face) => !again.has(face)),
    );
  }

  async #begin(frame: GpuPicture, faces: readonly Face[]): Promise<void> {
    if (faces.length === 0) return;
    const descriptors = await this.#finder.describe(frame, faces);
    const elsewhere = new Set(this.#tracks.filter(({ missed }) => missed === 0).map(({ person }) => person));
    const people = this.people.identify(descriptors, elsewhere);
    for (const [k, face] of faces.entries()) {
      const person = people[k] as number;
      // The lost track of a person who was found elsewhere ends.
      this.#tracks = this.#tracks.filter((track) => track.person !== person);
      this.#tracks.push({ id: this.#begun++, person, face, shown: face, missed: 0, doubted: 0 });
    }
  }

  /**
   * Asks at each search, and in each frame of a doubt, whether tracks still show their people. Tracks from number
   * `known` on began in this frame.
   */
  async #doubt(frame: FrameView, known: number, isDue: boolean): Promise<void> {
    const asked = this.#tracks.filter(
      ({ id, missed, doubted }) => id < known && missed === 0 && (isDue || doubted > 0),
    );
    if (asked.length === 0) return;
    const descriptors = await this.#finder.describe(
      frame.picture(),
      asked.map(({ face }) => face),
    );
    for (const [k, track] of asked.entries())
      this.#replace(track, this.#answered(track, descriptors[k] as Float32Array));
  }

  #answered(track: Track, descriptor: Float32Array): Track {
    const isSame = this.people.distance(track.person, descriptor) < samePerson;
    if (isSame) {
      this.people.note(track.person, descriptor);
      return { ...track, doubted: 0 };
    }
    if (track.doubted + 1 < SWITCH) return { ...track, doubted: track.doubted + 1 };
    const elsewhere = new Set(this.#tracks.filter(({ id }) => id !== track.id).map(({ person }) => person));
    const [person = track.person] = this.people.identify([descriptor], elsewhere);
    return { ...track, person, doubted: 0 };
  }

  #replace(old: Track, track: Track): void {
    this.#tracks = this.#tracks.map((each) => (each.id === old.id ? track : each));
  }

  /** Plain data, from which {@link restore} goes on as if nothing had happened. */
  state(): unknown {
    return {
      tracks: this.#tracks.map((track) => ({ ...track, face: plain(track.face), shown: plain(track.shown) })),
      begun: this.#begun,
      searched: Number.isFinite(this.#searched) ? this.#searched : null,
      before: this.#before ? [...this.#before] : null,
      people: this.people.state(),
    } satisfies TrackerState;
  }

  /** @param state of {@link state}. */
  restore(state: unknown): void {
    const { tracks, begun, searched, before, people } = state as TrackerState;
    this.#tracks = tracks.map((track) => ({ ...track, face: restored(track.face), shown: restored(track.shown) }));
    this.#begun = begun;
    this.#searched = searched ?? Number.NEGATIVE_INFINITY;
    this.#before = before ? Uint8Array.from(before) : undefined;
    this.people.restore(people);
  }
}

type PlainFace = Omit<Face, 'mesh'> & { readonly mesh: readonly number[] };

interface TrackerState {
  readonly tracks: readonly (Omit<Track, 'face' | 'shown'> & { readonly face: PlainFace; readonly shown: PlainFace })[];
  readonly begun: number;
  readonly searched: number | null;
  readonly before: readonly number[] | null;
  readonly people: ReturnType<FilmPeople['state']>;
}

const plain = (face: Face): PlainFace => ({ ...face, mesh: [...face.mesh] });
const restored = (face: PlainFace): Face => ({ ...face, mesh: Float32Array.from(face.mesh) });
