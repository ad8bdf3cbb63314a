/** @file PNG files of every kind, made by hand: encoders write only the kinds that they like. */
import { deflateSync } from 'node:zlib';
import { crc32 } from '@visage/nn';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

export function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, body.length + 8)), body.length + 8);
  return out;
}

/** A PNG image of some kind. */
export interface PngKind {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly interlaced?: boolean;
  /** The samples of a pixel, whole numbers of `depth` bits. */
  readonly samples: (x: number, y: number) => readonly number[];
  /** Chunks between the header and the pixels. */
  readonly before?: readonly Buffer[];
  /** Parts that the pixels are cut into. Default 1. */
  readonly parts?: number;
}

const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A row of samples, packed. */
function packRow(samples: readonly number[], depth: number): Buffer {
  if (depth === 16) return Buffer.from(samples.flatMap((value) => [value >> 8, value & 255]));
  const row = Buffer.alloc(Math.ceil((samples.length * depth) / 8));
  for (const [k, value] of samples.entries()) {
    const bit = k * depth;
    row[bit >> 3] = (row[bit >> 3] as number) | (value << (8 - depth - (bit & 7)));
  }
  return row;
}

/** Rows under the filters none, left and up in turn: what a decoder has to undo. */
function filtered(row: Buffer, above: Buffer, kind: number, bytes: number): Buffer {
  const before = (k: number): number => (k < bytes ? 0 : (row[k - bytes] as number));
  const predicted = [() => 0, before, (k: number) => above[k] as number][kind] as (k: number) => number;
  return Buffer.concat([Buffer.of(kind), Buffer.from(row.map((value, k) => value - predicted(k)))]);
}

export function makePng({
  width,
  height,
  depth,
  colorType,
  interlaced,
  samples,
  before = [],
  parts = 1,
}: PngKind): Buffer {
  const rows: Buffer[] = [];
  for (const [left, top, stepX, stepY] of interlaced ? ADAM7 : [[0, 0, 1, 1] as const]) {
    let above: Buffer | undefined;
    for (let y = top; y < height; y += stepY) {
      const values: number[] = [];
      for (let x = left; x < width; x += stepX) values.push(...samples(x, y));
      if (values.length === 0) continue;
      const row = packRow(values, depth);
      const channels = samples(0, 0).length;
      rows.push(filtered(row, above ?? Buffer.alloc(row.length), y % 3, Math.max(1, (channels * depth) >> 3)));
      above = row;
    }
  }
  const pixels = deflateSync(Buffer.concat(rows));
  const size = Math.ceil(pixels.length / parts);
  const cut = Array.from({ length: parts }, (_, k) => chunk('IDAT', pixels.subarray(k * size, (k + 1) * size)));
  return pngOf(headerOf(width, height, depth, colorType, interlaced), [...before, ...cut]);
}

export function headerOf(width: number, height: number, depth: number, colorType: number, interlaced = false): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colorType, 0, 0, interlaced ? 1 : 0], 8);
  return header;
}

export const pngOf = (header: Buffer, chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([SIGNATURE, chunk('IHDR', header), ...chunks, chunk('IEND', Buffer.alloc(0))]);
