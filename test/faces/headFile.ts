/** @file Makes files in the format of the head asset, sound and damaged, for tests of its reader. */
import { deflateSync } from 'node:zlib';

/** A section of a file under test: what its header says of it, and the bytes that it packs. */
export interface MadeSection {
  readonly header: Record<string, unknown>;
  readonly bytes: Uint8Array;
}

/** A file with these sections; `facts` stand beside them in its header, and win over what is right. */
export function headFile(sections: readonly MadeSection[], facts: Record<string, unknown> = {}): Uint8Array {
  const streams = sections.map(({ bytes }) => deflateSync(bytes));
  const list = sections.map(({ header }, k) => ({ packed: streams[k]?.length, ...header }));
  const header = Buffer.from(JSON.stringify({ version: 1, sections: list, ...facts }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([Buffer.from('visheads'), length, header, ...streams]);
}

/** Splits a file of the asset into its header and what follows it. */
export function splitHeadFile(bytes: Uint8Array): { header: Record<string, unknown>; streams: Uint8Array } {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(12, 12 + length)));
  return { header, streams: bytes.subarray(12 + length) };
}

/** The file with another header before the same streams. */
export function withHeader(streams: Uint8Array, header: Record<string, unknown>): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([Buffer.from('visheads'), length, text, streams]);
}
