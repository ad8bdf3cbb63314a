/**
 * @file Decodes JPEG files by libjpeg-turbo, compiled to WebAssembly, on the thread that asks.
 *
 * sharp decodes in the few threads of libuv, which a whole process shares, and takes twice the time of the decoder for
 * a picture as small as a face. WebAssembly runs in every worker thread at once, in memory that is used again, and
 * what a hostile file does to it stays inside that memory. Plain JavaScript, because worker threads load it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Pixels of three bytes in TurboJPEG's API (`TJPF_RGB`). */
const RGB = 0;

/** The numerators of the scales n/8 at which libjpeg-turbo's inverse cosine transform computes fewer pixels. */
const EIGHTHS = [1, 2, 3, 4, 5, 6, 7, 8];

const FIRST_BYTES = 2 ** 18; // of a file, and of a decoded picture: memory grows in powers of two from there

const [SOI, SOS, APP1, APP2, APP14] = [0xd8, 0xda, 0xe1, 0xe2, 0xee];
/** `Exif`, at the begin of an APP1 segment; others hold XMP. */
const EXIF = [0x45, 0x78, 0x69, 0x66];
/** Markers of frames (SOF): baseline, extended and progressive, with Huffman codes. */
const FRAMES = [0xc0, 0xc1, 0xc2];

/**
 * The sides of a JPEG file of three components of 8 bits whose pixels mean what they say: without a turn (EXIF) and
 * without a profile (ICC).
 *
 * @param {Uint8Array} bytes
 * @returns {{ width: number, height: number } | undefined} undefined for all other files
 */
export function plainJpeg(bytes) {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  const word = (at) => 256 * bytes[at] + bytes[at + 1];
  let sides;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === SOS) return sides;
    if (marker === APP1 && EXIF.every((byte, k) => bytes[at + 4 + k] === byte)) return undefined;
    if ([APP2, APP14].includes(marker) || (marker >= 0xd0 && marker <= 0xd9)) return undefined;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xcc].includes(marker)) {
      if (!FRAMES.includes(marker) || sides || bytes[at + 4] !== 8 || bytes[at + 9] !== 3) return undefined;
      sides = { width: word(at + 7), height: word(at + 5) };
    }
    at += 2 + word(at + 2);
  }
  return undefined;
}

const refuse = () => {
  throw new Error('the decoder gave up');
};

/** What the module needs of its surroundings: it neither reads files nor writes messages. An error ends it. */
const surroundings = {
  env: { setjmp: () => 0, longjmp: refuse },
  wasi_snapshot_preview1: {
    environ_sizes_get: () => 0,
    environ_get: refuse,
    proc_exit: refuse,
    fd_close: () => 0,
    fd_seek: refuse,
    fd_write: refuse,
  },
};

/** Memory of the module that grows when more is asked for. */
class Space {
  #at = 0;
  #bytes = 0;
  constructor(c) {
    this.c = c;
  }

  /** Where `bytes` bytes lie; what was there before is lost. */
  of(bytes) {
    if (bytes <= this.#bytes) return this.#at;
    if (this.#bytes > 0) this.c.free(this.#at);
    this.#bytes = 2 ** Math.ceil(Math.log2(Math.max(bytes, FIRST_BYTES)));
    this.#at = this.c.malloc(this.#bytes);
    if (this.#at === 0) throw new Error(`no memory for ${this.#bytes} bytes`);
    return this.#at;
  }
}

/** A decoder with memory of its own. */
export class JpegTurbo {
  /** @type {WebAssembly.Module} */
  #module;
  #c;
  #handle = 0;
  #input;
  #output;

  constructor() {
    const file = createRequire(import.meta.url).resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm');
    this.#module = new WebAssembly.Module(readFileSync(file));
  }

  /**
   * A square picture as RGB bytes, [size, size, 3] flattened. Of a picture whose sides are `size` these are the bits
   * that sharp gives. Where `size` is n/8 of the sides, the inverse cosine transform computes n x n pixels of each
   * block: that is a better low pass than a triangle filter, and costs nothing.
   *
   * @param {Uint8Array} bytes
   * @param {number} size
   * @returns {Uint8Array | undefined} undefined for what is better left to sharp: other formats and sides, turned
   * pictures, those with a profile, and damaged files
   */
  decode(bytes, size) {
    const sides = plainJpeg(bytes);
    if (!sides || sides.width !== sides.height || !EIGHTHS.some((n) => 8 * size === n * sides.width)) return undefined;
    try {
      this.#start();
      const [input, output] = [this.#input.of(bytes.length), this.#output.of(3 * size * size)];
      const memory = () => new Uint8Array(this.#c.memory.buffer);
      memory().set(bytes, input);
      const status = this.#c.tjDecompress2(this.#handle, input, bytes.length, output, size, 0, size, RGB, 0);
      // Warnings count too: sharp knows which of them mean that something is missing.
      return status === 0 ? memory().slice(output, output + 3 * size * size) : undefined;
    } catch {
      this.#c = undefined; // an error leaves the module in the middle of its work
      return undefined;
    }
  }

  #start() {
    if (this.#c) return;
    this.#c = new WebAssembly.Instance(this.#module, surroundings).exports;
    this.#handle = this.#c.tjInitDecompress();
    if (this.#handle === 0) throw new Error('no decoder');
    [this.#input, this.#output] = [new Space(this.#c), new Space(this.#c)];
  }
}
