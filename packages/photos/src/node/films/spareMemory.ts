/** Pieces that are kept at the most: about as many as frames are under way. */
const MOST = 12;

/**
 * Memory of frames that were written, for frames that are read. Memory that was touched before is several times faster
 * than new one, and makes no work for the garbage collector.
 */
export class SpareMemory {
  readonly #pieces: ArrayBuffer[] = [];

  give(piece: ArrayBuffer): void {
    if (this.#pieces.length < MOST) this.#pieces.push(piece);
  }

  /** Memory of at least so many bytes, aligned to words. */
  take(bytes: number): ArrayBuffer {
    const words = 4 * Math.ceil(bytes / 4);
    for (let piece = this.#pieces.pop(); piece; piece = this.#pieces.pop())
      if (piece.byteLength === words) return piece;
    return new ArrayBuffer(words);
  }
}
