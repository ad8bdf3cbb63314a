import { FileError } from '../header.ts';

/** Reads numbers and texts one after the other; every length is checked against what is left. */
export class Cursor {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly source: string,
    public at = 0,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(problem: string): never {
    throw new FileError(this.source, problem);
  }

  /** Moves on by `length` bytes and returns where they start. */
  #advance(length: number): number {
    const start = this.at;
    if (length < 0 || length > this.bytes.length - start)
      this.fail(`is truncated: byte ${start} wants ${length} more bytes, ${this.bytes.length - start} are left`);
    this.at += length;
    return start;
  }

  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  u8(): number {
    return this.bytes[this.#advance(1)] as number;
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** A 64-bit count. */
  u64(): number {
    const value = this.u32() + this.u32() * 2 ** 32;
    return Number.isSafeInteger(value) ? value : this.fail(`claims a length of ${value}`);
  }

  /** A double, which pickles keep with its highest byte first. */
  f64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** A two's-complement integer of any length up to 64 bytes, lowest byte first. */
  integer(length: number): number | bigint {
    // Tensors need 8 bytes; the state of NumPy's random numbers, which checkpoints keep beside them, 17.
    if (length > 64)
      this.fail(`holds an integer of ${length} bytes at byte ${this.at}; no checkpoint needs one beyond 64`);
    let value = 0n;
    this.take(length).forEach((byte, k) => {
      value |= BigInt(byte) << BigInt(8 * k);
    });
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  /** A text that ends with a line feed, as names of classes do. */
  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) this.fail(`is truncated: the name at byte ${this.at} does not end`);
    if (end - this.at > 1000) this.fail(`is damaged: the name at byte ${this.at} has ${end - this.at} bytes`);
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }
}
