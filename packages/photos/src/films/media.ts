/**
 * @file What films need of mediabunny, as types. The package is optional, so nothing imports it: `filmLibrary()` of
 * `@visage/photos/node` loads it where it was installed, and a page passes its own import of it.
 */
import type { ColourTags, PlaneLayout } from './planes.ts';

export type Rotation = 0 | 90 | 180 | 270;

/** A decoded frame. */
export interface MediaSample {
  readonly format: string | null;
  readonly codedWidth: number;
  readonly codedHeight: number;
  readonly timestamp: number;
  readonly duration: number;
  readonly colorSpace: { toJSON(): ColourTags };
  allocationSize(): number;
  copyTo(destination: Uint8Array): Promise<PlaneLayout[]>;
  close(): void;
}

/** An encoded frame, or a piece of encoded sound. */
export interface MediaPacket {
  readonly data: Uint8Array;
  readonly type: 'key' | 'delta';
  readonly timestamp: number;
  readonly duration: number;
}

export interface MediaDecoderConfig {
  readonly codec: string;
  readonly description?: ArrayBufferView | ArrayBuffer;
  readonly codedWidth?: number;
  readonly codedHeight?: number;
}

interface MediaTrack {
  getCodec(): Promise<string | null>;
  canDecode(): Promise<boolean>;
  getLanguageCode(): Promise<string>;
  getName(): Promise<string | null>;
  getFirstTimestamp(): Promise<number>;
  computeDuration(): Promise<number>;
  computePacketStats(): Promise<{ readonly packetCount: number; readonly averageBitrate: number }>;
  getDecoderConfig(): Promise<MediaDecoderConfig | null>;
}

export interface MediaVideoTrack extends MediaTrack {
  getCodedWidth(): Promise<number>;
  getCodedHeight(): Promise<number>;
  getRotation(): Promise<Rotation>;
  getFlip(): Promise<boolean>;
  getPixelAspectRatio(): Promise<{ readonly num: number; readonly den: number }>;
  hasHighDynamicRange(): Promise<boolean>;
}

export type MediaAudioTrack = MediaTrack & { getSampleRate(): Promise<number> };

export interface MediaInput {
  canRead(): Promise<boolean>;
  getPrimaryVideoTrack(): Promise<MediaVideoTrack | null>;
  getVideoTracks(): Promise<MediaVideoTrack[]>;
  getAudioTracks(): Promise<MediaAudioTrack[]>;
  getMetadataTags(): Promise<Readonly<Record<string, unknown>>>;
  dispose(): void;
}

/** What takes frames, packets or pieces of sound into an output. */
export interface MediaSource<T> {
  add(item: T, meta?: { readonly decoderConfig?: MediaDecoderConfig }): Promise<void>;
  close(): void;
}

export interface MediaOutputFormat {
  getSupportedVideoCodecs(): string[];
  getSupportedAudioCodecs(): string[];
}

interface TrackMetadata {
  readonly languageCode?: string;
  readonly name?: string;
  readonly maximumPacketCount?: number;
}

export interface MediaOutput {
  readonly format: MediaOutputFormat;
  addVideoTrack(source: MediaSource<never>, metadata?: TrackMetadata & { rotation?: Rotation; flip?: boolean }): void;
  addAudioTrack(source: MediaSource<never>, metadata?: TrackMetadata): void;
  setMetadataTags(tags: Readonly<Record<string, unknown>>): void;
  start(): Promise<void>;
  finalize(): Promise<void>;
  cancel(): Promise<void>;
}

export interface VideoEncoding {
  readonly codec: string;
  readonly bitrate: number;
  /** Seconds. */
  readonly keyFrameInterval: number;
}

interface SampleInit {
  readonly format: string;
  readonly codedWidth: number;
  readonly codedHeight: number;
  readonly timestamp: number;
  readonly duration: number;
  readonly colorSpace: ColourTags;
  readonly layout: readonly PlaneLayout[];
}

/** Where a film is read from or written to; made by the library's own classes. */
export type MediaPlace = object;

type Made<T, Arguments extends readonly unknown[]> = new (...values: Arguments) => T;

/** The classes of mediabunny that films are read and written with. */
export interface MediaLibrary {
  readonly ALL_FORMATS: unknown;
  readonly Input: Made<MediaInput, [{ readonly formats: unknown; readonly source: MediaPlace }]>;
  readonly Output: Made<MediaOutput, [{ readonly format: MediaOutputFormat; readonly target: MediaPlace }]>;
  readonly FilePathSource: Made<MediaPlace, [path: string]>;
  readonly FilePathTarget: Made<MediaPlace, [path: string]>;
  readonly BufferTarget: Made<MediaPlace & { readonly buffer: ArrayBuffer | null }, []>;
  readonly Mp4OutputFormat: Made<MediaOutputFormat, [{ readonly fastStart: false | 'reserve' | 'in-memory' }]>;
  readonly MovOutputFormat: Made<MediaOutputFormat, [{ readonly fastStart: false | 'reserve' | 'in-memory' }]>;
  readonly MkvOutputFormat: Made<MediaOutputFormat, []>;
  readonly WebMOutputFormat: Made<MediaOutputFormat, []>;
  readonly VideoSample: Made<MediaSample, [data: Uint8Array, init: SampleInit]>;
  readonly VideoSampleSink: Made<
    { samples(from?: number, until?: number): AsyncGenerator<MediaSample, void, unknown> },
    [track: MediaVideoTrack]
  >;
  readonly VideoSampleSource: Made<MediaSource<MediaSample>, [VideoEncoding]>;
  readonly EncodedPacketSink: Made<
    { packets(): AsyncGenerator<MediaPacket, void, unknown> },
    [track: MediaVideoTrack | MediaAudioTrack]
  >;
  readonly EncodedVideoPacketSource: Made<MediaSource<MediaPacket>, [codec: string]>;
  readonly EncodedAudioPacketSource: Made<MediaSource<MediaPacket>, [codec: string]>;
  readonly AudioSampleSink: Made<{ samples(): AsyncGenerator<MediaSound, void, unknown> }, [track: MediaAudioTrack]>;
  readonly AudioSampleSource: Made<MediaSource<MediaSound>, [{ readonly codec: string; readonly bitrate: number }]>;
}

/** A piece of decoded sound. */
export interface MediaSound {
  readonly timestamp: number;
  close(): void;
}
