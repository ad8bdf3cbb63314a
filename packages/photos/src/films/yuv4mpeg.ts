/**
 * @file YUV4MPEG, the films of pipes: a line that says the form, then frames of plain planes. ffmpeg and the mjpegtools
 * read and write it (yuv4mpeg(5) of the mjpegtools).
 */
import { FileError } from '@visage/gpu';
import type { FilmFrame } from './film.ts';
import { coloursOf, type PlaneForm, type PlaneFormat, packedLayout, samplingOf } from './planes.ts';

/** Names of formats in YUV4MPEG's header, and ours. */
const CHROMA: Readonly<Record<string, PlaneFormat>> = {
  '420': 'I420',
  '420jpeg': 'I420',
  '420mpeg2': 'I420',
  '420paldv': 'I420',
  '422': 'I422',
  '444': 'I444',
  '420p10': 'I420P10',
  '422p10': 'I422P10',
  '444p10': 'I444P10',
  '420p12': 'I420P12',
};

/** Sides up to which a frame is believed: 16 times those of the largest film. */
const LARGEST = 2 ** 16;

/** Bytes of a line of header at most. */
const LONGEST = 1024;

/** What a header says. */
export interface Yuv4MpegHeader {
  readonly form: PlaneForm;
  /** Frames a second, as a ratio. */
  readonly rate: readonly [number, number];
  /** The parameters as they came, but for size and format. */
  readonly others: readonly string[];
}

const NEWLINE = 10;

/** Takes bytes out of chunks of a stream in pieces of any length. */
class Bytes {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes; fewer at the end. */
  async take(count: number): Promise<Uint8Array> {
    const taken = new Uint8Array(4 * Math.ceil(count / 4)).subarray(0, count);
    let filled = 0;
    while (filled < count) {
      if (this.#rest.length === 0 && !(await this.#more())) return taken.subarray(0, filled);
      const some = this.#rest.subarray(0, count - filled);
      taken.set(some, filled);
      filled += some.length;
      this.#rest = this.#rest.subarray(some.length);
    }
    return taken;
  }

  /** The next line without its end; undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    const bytes: number[] = [];
    for (;;) {
      if (this.#rest.length === 0 && !(await this.#more())) return bytes.length > 0 ? latin(bytes) : undefined;
      const end = this.#rest.indexOf(NEWLINE);
      const some = this.#rest.subarray(0, end < 0 ? this.#rest.length : end);
      if (bytes.length + some.length > LONGEST) return latin([...bytes, ...some.subarray(0, LONGEST)]);
      bytes.push(...some);
      this.#rest = this.#rest.subarray(some.length + Number(end >= 0));
      if (end >= 0) return latin(bytes);
    }
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    this.#rest = new Uint8Array(next.value);
    return true;
  }
}

const latin = (bytes: readonly number[]): string => String.fromCharCode(...bytes);

/** @throws FileError that names what is wrong and the ffmpeg command that makes such a stream. */
function parseHeader(line: string | undefined, name: string): Yuv4MpegHeader {
  const [magic, ...parameters] = (line ?? '').split(' ');
  const refuse = (problem: string): never => {
    throw new FileError(
      name,
      `${problem}. \`ffmpeg -i FILM -f yuv4mpegpipe -pix_fmt yuv420p -\` writes what is expected`,
    );
  };
  if (magic !== 'YUV4MPEG2') return refuse('is no YUV4MPEG stream');
  const value = (letter: string): string | undefined =>
    parameters.find((parameter) => parameter.startsWith(letter))?.slice(1);
  const [width, height] = [Number(value('W')), Number(value('H'))];
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= 1 && side <= LARGEST;
  if (!isSide(width) || !isSide(height)) return refuse(`has frames of ${value('W')} x ${value('H')}`);
  const format = CHROMA[value('C') ?? '420'];
  if (!format) return refuse(`has samples of the kind C${value('C')}`);
  const [frames, seconds] = (value('F') ?? '').split(':').map(Number);
  const rate = [frames || 25, seconds || 1] as const;
  const isKept = (parameter: string): boolean => !/^[WHC]|^XYSCSS=/.test(parameter);
  const colours = coloursOf({ fullRange: parameters.includes('XCOLORRANGE=FULL') }, height);
  const form = {
    format,
    width,
    height,
    ...packedLayout(format, width, height),
    colours,
    rotation: 0,
    flip: false,
  } as const;
  return { form, rate, others: parameters.filter(isKept) };
}

/**
 * Reads a YUV4MPEG stream.
 *
 * @param name of the stream, for messages.
 * @throws FileError for what is no such stream, or ends in the middle of a frame.
 */
export async function readYuv4Mpeg(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): Promise<{ readonly header: Yuv4MpegHeader; readonly frames: AsyncGenerator<FilmFrame, void, unknown> }> {
  const bytes = new Bytes(chunks);
  const header = parseHeader(await bytes.line(), name);
  return { header, frames: framesOf(bytes, header, name) };
}

async function* framesOf(
  bytes: Bytes,
  { form, rate: [frames, seconds] }: Yuv4MpegHeader,
  name: string,
): AsyncGenerator<FilmFrame, void, unknown> {
  const duration = seconds / frames;
  for (let k = 0; ; k++) {
    const line = await bytes.line();
    if (line === undefined) return;
    if (!line.startsWith('FRAME'))
      throw new FileError(name, `has no frame behind frame ${k}, but ${line.slice(0, 20)}`);
    const data = await bytes.take(form.bytes);
    if (data.length < form.bytes) throw new FileError(name, `ends in the middle of frame ${k + 1}`);
    yield { timestamp: k * duration, duration, data, form, tags: {} };
  }
}

/** The first line of a stream with 8 bits and 4:2:0, which {@link yuv4MpegFrame} writes frames for. */
export function yuv4MpegHeader({ form, rate, others }: Yuv4MpegHeader): Uint8Array {
  const { width, height, format } = form;
  const rates = others.some((parameter) => parameter.startsWith('F')) ? [] : [`F${rate.join(':')}`];
  const kind = format === 'I420' ? '420jpeg' : '420mpeg2';
  return new TextEncoder().encode(
    `${['YUV4MPEG2', `W${width}`, `H${height}`, ...rates, ...others, `C${kind}`].join(' ')}\n`,
  );
}

/**
 * A frame of I420 as bytes of a stream: its rows without gaps, cut to the sides of the stream.
 *
 * @param size sides of the stream; a frame that was made even has one column or row more.
 */
export function yuv4MpegFrame(
  { data, form }: Pick<FilmFrame, 'data' | 'form'>,
  { width, height }: Pick<PlaneForm, 'width' | 'height'>,
): Uint8Array {
  const head = new TextEncoder().encode('FRAME\n');
  const { layout, bytes } = packedLayout('I420', width, height);
  const { subX, subY } = samplingOf('I420');
  const out = new Uint8Array(head.length + bytes);
  out.set(head);
  for (const [k, { offset, stride }] of layout.entries()) {
    const from = form.layout[k] as { offset: number; stride: number };
    const rows = k === 0 ? height : Math.ceil(height / subY);
    const columns = k === 0 ? width : Math.ceil(width / subX);
    for (let row = 0; row < rows; row++) {
      const line = data.subarray(from.offset + row * from.stride, from.offset + row * from.stride + columns);
      out.set(line, head.length + offset + row * stride);
    }
  }
  return out;
}
