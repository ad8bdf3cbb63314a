/** @file Reading films: what a film is, and its frames as planes in memory. */
import { FileError } from '@visage/gpu';
import type { MediaAudioTrack, MediaInput, MediaLibrary, MediaPlace, MediaSample, MediaVideoTrack } from './media.ts';
import { type ColourTags, coloursOf, isPlaneFormat, type PlaneForm, planeFormats, sameForm } from './planes.ts';

/** A frame of a film. */
export interface FilmFrame {
  /** Seconds from the beginning of the film's time. */
  readonly timestamp: number;
  readonly duration: number;
  readonly data: Uint8Array;
  readonly form: PlaneForm;
  /** The tags of its colours, which go into what is written. */
  readonly tags: ColourTags;
}

/** Where the bytes of a frame are put. */
export type FrameMemory = (bytes: number) => ArrayBuffer;

/** A film that was opened. */
export interface Film {
  /** For messages. */
  readonly name: string;
  readonly codec: string;
  /** The sides as stored, and as players show them after turning. */
  readonly width: number;
  readonly height: number;
  readonly rotation: PlaneForm['rotation'];
  readonly flip: boolean;
  /** The width of a pixel over its height. */
  readonly pixelAspect: { readonly num: number; readonly den: number };
  readonly frames: number;
  /** Seconds at which the first frame begins and the last one ends. */
  readonly begin: number;
  readonly end: number;
  /** Bits a second. */
  readonly bitrate: number;
  readonly colours: ColourTags;
  readonly audio: readonly MediaAudioTrack[];
  /** What the film has and the result will not have. */
  readonly warnings: readonly string[];
  /**
   * The frames in order; from the first one that begins after the time `after`, in seconds, if that is given.
   *
   * @param memory gives at least so many bytes, aligned to words, for a frame. Default: new memory for each.
   */
  read(after?: number, memory?: FrameMemory): AsyncGenerator<FilmFrame, void, unknown>;
  close(): void;
  readonly input: MediaInput;
}

/** Clocks of films are as coarse as this: nearer timestamps are the same frame. */
export const SAME_TIME = 2e-5; // seconds

/** A command that makes a film which can be read. Names are quoted for a shell. */
const ffmpegLine = (name: string): string => {
  const quoted = `'${name.replaceAll("'", `'\\''`)}'`;
  return `ffmpeg -i ${quoted} -c:v libx264 -crf 16 -pix_fmt yuv420p -c:a aac ${quoted.slice(0, -1)}.mp4'`;
};

/** The error for what cannot be read as a film, with the command that helps. */
const refused = (name: string, problem: string): FileError =>
  new FileError(name, `${problem}. ffmpeg makes a film of it that can: ${ffmpegLine(name)}`);

const hdrTransfers: readonly string[] = ['pq', 'hlg', 'smpte2084', 'arib-std-b67'];

/**
 * Opens a film. Its frames come as they are stored, planes of luma and colour, because the codecs' own conversion to
 * RGB ignores the tags of colours.
 *
 * @param library mediabunny; see {@link MediaLibrary}.
 * @param source `new library.FilePathSource(path)` in Node, `new library.BlobSource(file)` in a page.
 * @param name of the film, for messages.
 * @throws FileError for what is no film or has a codec that cannot be decoded here; it says how ffmpeg helps.
 */
export async function openFilm(library: MediaLibrary, source: MediaPlace, name: string): Promise<Film> {
  const input = new library.Input({ formats: library.ALL_FORMATS, source });
  try {
    const track = await trackOf(input, name);
    return await describe(library, input, track, name);
  } catch (cause) {
    input.dispose();
    if (cause instanceof FileError) throw cause;
    throw refused(name, `cannot be read as a film (${(cause as Error).message})`);
  }
}

/** The track whose frames are read. */
async function trackOf(input: MediaInput, name: string): Promise<MediaVideoTrack> {
  const readable = await input.canRead().catch(() => false);
  if (!readable) throw refused(name, 'is no film that can be read (MP4, MOV, MKV, WebM or MPEG-TS)');
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new FileError(name, 'has no pictures: expected a film, and found sound alone');
  if (await track.canDecode()) return track;
  throw refused(
    name,
    `has the codec ${(await track.getCodec()) ?? 'of an unknown name'}, which cannot be decoded here`,
  );
}

async function describe(library: MediaLibrary, input: MediaInput, track: MediaVideoTrack, name: string): Promise<Film> {
  const [stats, end, begin] = [
    await track.computePacketStats(),
    await track.computeDuration(),
    await track.getFirstTimestamp(),
  ];
  const config = (await track.getDecoderConfig()) as { colorSpace?: ColourTags } | null;
  const colours = config?.colorSpace ?? {};
  const film = {
    name,
    codec: (await track.getCodec()) ?? '',
    width: await track.getCodedWidth(),
    height: await track.getCodedHeight(),
    rotation: await track.getRotation(),
    flip: await track.getFlip(),
    pixelAspect: await track.getPixelAspectRatio(),
    frames: stats.packetCount,
    begin,
    end,
    bitrate: stats.averageBitrate,
    colours,
    audio: await input.getAudioTracks(),
    input,
  };
  return {
    ...film,
    warnings: await warningsOf(input, track, colours),
    read: (after, memory = newMemory) => framesOf(library, track, film, after, memory),
    close: () => input.dispose(),
  };
}

async function warningsOf(input: MediaInput, track: MediaVideoTrack, { transfer }: ColourTags): Promise<string[]> {
  const warnings: string[] = [];
  if ((await track.hasHighDynamicRange()) || hdrTransfers.includes(transfer ?? ''))
    warnings.push('high dynamic range is written with 8 bits: dark gradients may show steps');
  const { length } = await input.getVideoTracks();
  if (length > 1) warnings.push(`only the first of ${length} picture tracks is written`);
  return warnings;
}

const newMemory: FrameMemory = (bytes) => new ArrayBuffer(4 * Math.ceil(bytes / 4));

type Known = Pick<Film, 'name' | 'rotation' | 'flip'>;

async function* framesOf(
  library: MediaLibrary,
  track: MediaVideoTrack,
  film: Known,
  after: number | undefined,
  memory: FrameMemory,
): AsyncGenerator<FilmFrame, void, unknown> {
  let first: PlaneForm | undefined;
  for await (const sample of new library.VideoSampleSink(track).samples(after)) {
    try {
      if (after !== undefined && sample.timestamp < after + SAME_TIME) continue;
      const frame = await frameOfSample(sample, film, memory);
      first ??= frame.form;
      if (!sameForm(first, frame.form)) throw refused(film.name, changed(first, frame));
      yield frame;
    } finally {
      sample.close();
    }
  }
}

const changed = (before: PlaneForm, { timestamp, form }: FilmFrame): string => {
  const show = ({ format, width, height }: PlaneForm) => `${width} x ${height} ${format}`;
  return `changes from ${show(before)} to ${show(form)} at ${timestamp.toFixed(2)} s`;
};

async function frameOfSample(
  sample: MediaSample,
  { name, rotation, flip }: Known,
  memory: FrameMemory,
): Promise<FilmFrame> {
  const { format, codedWidth: width, codedHeight: height, timestamp, duration } = sample;
  if (!isPlaneFormat(format))
    throw refused(name, `has frames of the format ${format ?? 'unknown'}, expected ${planeFormats.join(', ')}`);
  const bytes = sample.allocationSize();
  const data = new Uint8Array(memory(bytes), 0, bytes);
  const layout = (await sample.copyTo(data)).map(({ offset, stride }) => ({ offset, stride }));
  const tags = sample.colorSpace.toJSON();
  const colours = coloursOf(tags, height);
  return { timestamp, duration, data, tags, form: { format, width, height, layout, bytes, colours, rotation, flip } };
}
