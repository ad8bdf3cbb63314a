/**
 * Host memory that readbacks were copied into and that its owner has given back, for the next readback of the same
 * size: to copy into memory that was touched before is several times faster.
 */
export class HostArrays {
  /** The one that was given back first in front. */
  readonly #free: ArrayBuffer[] = [];
  #kept = 0;

  /** @param most bytes that are kept at the most. */
  constructor(readonly most: number) {}

  /** Bytes that are kept. */
  get kept(): number {
    return this.#kept;
  }

  /** Takes an array of exactly `bytes` bytes, with any content. */
  take(bytes: number): ArrayBuffer | undefined {
    const at = this.#free.findIndex(({ byteLength }) => byteLength === bytes);
    if (at < 0) return undefined;
    const [array] = this.#free.splice(at, 1);
    this.#kept -= bytes;
    return array;
  }

  /** Takes over the memory of an array, which is detached: whoever still has it sees no bytes. */
  give(array: ArrayBuffer): void {
    const own = structuredClone(array, { transfer: [array] }); // moves the memory, and copies nothing
    if (own.byteLength === 0 || own.byteLength > this.most) return;
    this.#kept += own.byteLength;
    this.#free.push(own);
    while (this.#kept > this.most) this.#kept -= (this.#free.shift() as ArrayBuffer).byteLength;
  }

  clear(): void {
    this.#free.length = 0;
    this.#kept = 0;
  }
}
