/** @file Writing films: frames to encoded segments, and segments with the sound of the original to a whole film. */
import { ArgumentError, VisageError } from '@visage/gpu';
import type { Film, FilmFrame } from './film.ts';
import type {
  MediaAudioTrack,
  MediaLibrary,
  MediaOutputFormat,
  MediaPacket,
  MediaPlace,
  MediaSource,
  VideoEncoding,
} from './media.ts';

/** What is written into the containers that there are. */
interface Container {
  readonly codec: string;
  format(library: MediaLibrary): MediaOutputFormat;
}

const CONTAINERS: Readonly<Record<string, Container>> = {
  '.mp4': { codec: 'avc', format: ({ Mp4OutputFormat }) => new Mp4OutputFormat({ fastStart: 'reserve' }) },
  '.m4v': { codec: 'avc', format: ({ Mp4OutputFormat }) => new Mp4OutputFormat({ fastStart: 'reserve' }) },
  '.mov': { codec: 'avc', format: ({ MovOutputFormat }) => new MovOutputFormat({ fastStart: 'reserve' }) },
  '.mkv': { codec: 'avc', format: ({ MkvOutputFormat }) => new MkvOutputFormat() },
  '.webm': { codec: 'vp9', format: ({ WebMOutputFormat }) => new WebMOutputFormat() },
};

/** Endings of the films that can be written. */
export const filmEndings: readonly string[] = Object.keys(CONTAINERS);

/** The ending of a film's name, with its dot, in small letters. */
export const endingOf = (name: string): string => /\.[^./\\]*$/.exec(name)?.[0].toLowerCase() ?? '';

function containerOf(ending: string): Container {
  const container = CONTAINERS[ending];
  if (!container) throw new ArgumentError('writeFilm', 'ending', `'${ending}'`, filmEndings.join(', '));
  return container;
}

/** How many bits H.264 needs for what another codec says in one. */
const MORE_BITS: Readonly<Record<string, number>> = { hevc: 1.6, vp9: 1.5, av1: 1.9 };

/** Bits a pixel that a film has at least: H.264 shows hardly a difference from there on. */
const LEAST_BITS = 0.12;

/** A key frame every 2 s: players jump to those. */
const KEY_FRAMES = 2;

/**
 * How a film is encoded by default: with the bits that the original has, more of them if its codec was a better one,
 * and at least 0.12 a pixel.
 *
 * @param bitrate bits a second, if it was chosen.
 */
export function encodingOf(film: Film, ending: string, bitrate?: number): VideoEncoding {
  const { codec } = containerOf(ending);
  const rate = film.frames / Math.max(film.end - film.begin, 1e-3);
  const least = LEAST_BITS * film.width * film.height * rate;
  const same = film.bitrate * (film.codec === codec ? 1 : (MORE_BITS[film.codec] ?? 1));
  return { codec, bitrate: bitrate ?? Math.ceil(Math.max(least, same)), keyFrameInterval: KEY_FRAMES };
}

/** What a segment has. */
export interface Segment {
  readonly frames: number;
  /** Times of the first and the last frame, in seconds. */
  readonly first: number;
  readonly last: number;
  /** Frames of these in which something was changed. */
  readonly changed: number;
}

/**
 * Encodes frames into an MP4 file of pictures alone, at the times that they have in the film.
 *
 * @param frames I420 of even sides, of one form.
 * @param onFrame is called after each frame.
 * @returns undefined if there are no frames; then nothing is written.
 */
export async function encodeSegment(
  library: MediaLibrary,
  frames: AsyncIterable<FilmFrame & { readonly changed: boolean }>,
  target: MediaPlace,
  encoding: VideoEncoding,
  onFrame: (frame: FilmFrame, changed: boolean) => void = () => {},
): Promise<Segment | undefined> {
  const source = new library.VideoSampleSource(encoding);
  const output = new library.Output({ format: new library.Mp4OutputFormat({ fastStart: false }), target });
  output.addVideoTrack(source);
  let segment: Segment | undefined;
  try {
    for await (const frame of frames) {
      if (!segment) await output.start();
      await encode(library, source, frame);
      const { first, changed } = segment ?? { first: frame.timestamp, changed: 0 };
      const count = (segment?.frames ?? 0) + 1;
      segment = { frames: count, first, last: frame.timestamp, changed: changed + Number(frame.changed) };
      onFrame(frame, frame.changed);
    }
    await (segment ? output.finalize() : output.cancel());
    return segment;
  } catch (cause) {
    await output.cancel().catch(() => undefined);
    throw cause;
  }
}

async function encode(library: MediaLibrary, source: MediaSource<never>, frame: FilmFrame): Promise<void> {
  const { form, data, tags, timestamp, duration } = frame;
  const sample = new library.VideoSample(data, {
    format: form.format,
    codedWidth: form.width,
    codedHeight: form.height,
    timestamp,
    duration,
    colorSpace: tags,
    layout: form.layout,
  });
  try {
    await source.add(sample as never);
  } finally {
    sample.close();
  }
}

/** A film that is made of segments. */
export interface JoinOptions {
  /** Ending of the film's name, which says the container. */
  readonly ending: string;
  /** Sound from this time on is left out, in seconds: for films that end early. */
  readonly until?: number;
  /** Descriptive tags beside those of the original. */
  readonly tags?: Readonly<Record<string, unknown>>;
}

/**
 * Joins segments of {@link encodeSegment} and the sound of the original into a film. Pictures and sound are copied bit
 * for bit; only a codec that the container cannot hold is encoded anew.
 *
 * @param segments in order, from the beginning of the film.
 * @throws VisageError if segments were not encoded alike.
 */
export async function joinSegments(
  library: MediaLibrary,
  film: Film,
  segments: readonly MediaPlace[],
  target: MediaPlace,
  { ending, until = Number.POSITIVE_INFINITY, tags = {} }: JoinOptions,
): Promise<void> {
  const { codec, format } = containerOf(ending);
  const output = new library.Output({ format: format(library), target });
  const source = new library.EncodedVideoPacketSource(codec);
  output.addVideoTrack(source as MediaSource<never>, {
    rotation: film.rotation,
    flip: film.flip,
    maximumPacketCount: film.frames + 1000, // a damaged film may have more frames than it says
  });
  const supported = output.format.getSupportedAudioCodecs();
  const sounds: (() => Promise<void>)[] = [];
  for (const track of film.audio) sounds.push(await soundOf(library, output, track, supported, until));
  output.setMetadataTags({ ...(await film.input.getMetadataTags()), ...tags });
  try {
    await output.start();
    await Promise.all([copyPictures(library, film, segments, source), ...sounds.map((copy) => copy())]);
    await output.finalize();
  } catch (cause) {
    await output.cancel().catch(() => undefined);
    throw cause;
  }
}

async function copyPictures(
  library: MediaLibrary,
  film: Film,
  segments: readonly MediaPlace[],
  source: MediaSource<MediaPacket>,
): Promise<void> {
  let first: string | undefined;
  for (const segment of segments) {
    const input = new library.Input({ formats: library.ALL_FORMATS, source: segment });
    try {
      const track = await input.getPrimaryVideoTrack();
      const config = await track?.getDecoderConfig();
      if (!track || !config) throw new VisageError('joinSegments: a segment has no pictures');
      const written = hex(config.description);
      first ??= written;
      if (written !== first) throw new VisageError('joinSegments: the segments were not encoded alike');
      const decoderConfig = { ...config, ...aspectOf(film, config.codedWidth ?? 0, config.codedHeight ?? 0) };
      for await (const packet of new library.EncodedPacketSink(track).packets())
        await source.add(packet, { decoderConfig });
    } finally {
      input.dispose();
    }
  }
  source.close();
}

/** The sides that players show, as a ratio: pixels of films need not be square. */
const aspectOf = ({ pixelAspect: { num, den } }: Film, width: number, height: number) => ({
  displayAspectWidth: width * num,
  displayAspectHeight: height * den,
});

function hex(description: ArrayBufferView | ArrayBuffer | undefined): string {
  if (!description) return '';
  const view = ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description);
  return Array.from(view, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Adds a track of sound; what is returned copies the sound once the output has started. */
async function soundOf(
  library: MediaLibrary,
  output: { addAudioTrack(source: MediaSource<never>, metadata: object): void },
  track: MediaAudioTrack,
  supported: readonly string[],
  until: number,
): Promise<() => Promise<void>> {
  const codec = (await track.getCodec()) ?? '';
  const { packetCount } = await track.computePacketStats();
  const name = await track.getName();
  const metadata = { languageCode: await track.getLanguageCode(), ...(name === null ? {} : { name }) };
  const config = await track.getDecoderConfig();
  if (supported.includes(codec) && config) {
    const source = new library.EncodedAudioPacketSource(codec);
    output.addAudioTrack(source as MediaSource<never>, { ...metadata, maximumPacketCount: packetCount });
    return () => pour(new library.EncodedPacketSink(track).packets(), source, until, { decoderConfig: config });
  }
  const other = ['aac', 'opus'].find((each) => supported.includes(each));
  if (!other || !(await track.canDecode()))
    throw new VisageError(`joinSegments: the container cannot hold sound of the codec ${codec || 'without a name'}`);
  const source = new library.AudioSampleSource({ codec: other, bitrate: 160_000 });
  const packets = 100 * (2 + Math.ceil(await track.computeDuration())); // both codecs have at most 50 a second
  output.addAudioTrack(source as MediaSource<never>, { ...metadata, maximumPacketCount: packets });
  return () => pour(new library.AudioSampleSink(track).samples(), source, until);
}

/** Moves pieces of sound that begin before a time. */
async function pour<T extends { readonly timestamp: number; close?(): void }>(
  pieces: AsyncIterable<T>,
  source: MediaSource<T>,
  until: number,
  meta?: { readonly decoderConfig?: { readonly codec: string } },
): Promise<void> {
  for await (const piece of pieces) {
    const isLate = piece.timestamp >= until;
    if (!isLate) await source.add(piece, meta);
    piece.close?.();
    if (isLate) break;
  }
  source.close();
}
