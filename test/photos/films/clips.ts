/** @file Films that tests make, with the optional packages of films, which are installed at the first need. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaLibrary } from '@visage/photos';
import { filmLibrary, hasFilmLibraries, installFilmLibraries, whileAlive } from '@visage/photos/node';

/** The library of films, installed if it is not yet. */
export async function testLibrary(): Promise<MediaLibrary> {
  if (!hasFilmLibraries()) await installFilmLibraries();
  return filmLibrary();
}

/** A folder for films of a test. */
export const clips = mkdtempSync(join(tmpdir(), 'visage-films-'));
process.on('exit', () => rmSync(clips, { recursive: true, force: true }));

export interface ClipOptions {
  readonly width?: number;
  readonly height?: number;
  readonly frames?: number;
  /** Seconds at which a frame begins; default 30 a second. */
  readonly timestampOf?: (frame: number) => number;
  readonly codec?: string;
  /** The codec of a tone, if there is sound. */
  readonly sound?: string;
  readonly metadata?: object;
  /** Luma of a pixel of a frame. */
  readonly luma?: (x: number, y: number, frame: number) => number;
}

/** Tracks that take anything: the library's own types are not there to check. */
interface AnyLibrary {
  AudioSample: new (init: object) => { close(): void };
}

/** A moving pattern, in which no two frames are equal. */
const pattern = (x: number, y: number, frame: number): number =>
  128 + 60 * Math.sin((x + 3 * frame) / 9) + 40 * Math.cos((y - frame) / 7);

/** Makes a film in the folder {@link clips}; the ending says the container. */
export async function makeClip(name: string, options: ClipOptions = {}): Promise<string> {
  const { width = 96, height = 64, frames = 30, codec = 'avc', sound, metadata, luma = pattern } = options;
  const { timestampOf = (frame) => frame / 30 } = options;
  const library = await testLibrary();
  const path = join(clips, name);
  const format = name.endsWith('.webm')
    ? new library.WebMOutputFormat()
    : new library.Mp4OutputFormat({ fastStart: false });
  const output = new library.Output({ format, target: new library.FilePathTarget(path) });
  const pictures = new library.VideoSampleSource({ codec, bitrate: 2e6, keyFrameInterval: 0.5 });
  output.addVideoTrack(pictures as never, metadata);
  const voice = sound ? new library.AudioSampleSource({ codec: sound, bitrate: 96_000 }) : undefined;
  if (voice) output.addAudioTrack(voice as never, { languageCode: 'nld' });
  await whileAlive(async () => {
    await output.start();
    const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
    for (let frame = 0; frame < frames; frame++) {
      const data = new Uint8Array(width * height + 2 * columns * rows).fill(128);
      for (let k = 0; k < width * height; k++) data[k] = luma(k % width, Math.floor(k / width), frame);
      const sample = new library.VideoSample(data, {
        format: 'I420',
        codedWidth: width,
        codedHeight: height,
        timestamp: timestampOf(frame),
        duration: timestampOf(frame + 1) - timestampOf(frame),
        colorSpace: { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', fullRange: false },
        layout: [
          { offset: 0, stride: width },
          { offset: width * height, stride: columns },
          { offset: width * height + columns * rows, stride: columns },
        ],
      });
      await pictures.add(sample);
      sample.close();
    }
    if (voice) {
      const seconds = timestampOf(frames);
      const data = Float32Array.from({ length: Math.round(48_000 * seconds) }, (_, k) => 0.3 * Math.sin(k / 17));
      const init = { data, format: 'f32', numberOfChannels: 1, sampleRate: 48_000, timestamp: 0 };
      const tone = new (library as unknown as AnyLibrary).AudioSample(init);
      await voice.add(tone as never);
      tone.close();
      voice.close();
    }
    pictures.close();
    await output.finalize();
  });
  return path;
}

/** What a film on disk has. */
export async function contentsOf(path: string) {
  const library = await testLibrary();
  const input = new library.Input({ formats: library.ALL_FORMATS, source: new library.FilePathSource(path) });
  const video = await input.getPrimaryVideoTrack();
  if (!video) throw new Error(`${path} has no pictures`);
  const packets = async (track: Parameters<typeof packetsOf>[1]) => packetsOf(library, track);
  const sounds = [];
  for (const track of await input.getAudioTracks())
    sounds.push({
      codec: await track.getCodec(),
      language: await track.getLanguageCode(),
      packets: await packets(track),
    });
  return {
    codec: await video.getCodec(),
    size: [await video.getCodedWidth(), await video.getCodedHeight()],
    rotation: await video.getRotation(),
    aspect: await video.getPixelAspectRatio(),
    pictures: await packets(video),
    sounds,
    tags: await input.getMetadataTags(),
  };
}

async function packetsOf(library: MediaLibrary, track: ConstructorParameters<MediaLibrary['EncodedPacketSink']>[0]) {
  const packets = [];
  for await (const { timestamp, duration, type, data } of new library.EncodedPacketSink(track).packets())
    packets.push({ timestamp, duration, type, data: Buffer.from(data).toString('base64') });
  return packets;
}

/** Work that leaves every frame as it is. */
export const nothing = {
  look: async () => undefined,
  change: (frame: never) => frame,
  state: () => null,
  restore: () => {},
};
