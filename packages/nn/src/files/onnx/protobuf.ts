/** @file Writes Protocol Buffers, the wire format of ONNX: fields of a number and a value, messages within messages. */

const [VARINT, BYTES, FIXED32] = [0, 2, 5] as const; // the wire types that ONNX needs

/**
 * One message, field by field. Long byte strings are kept as views until {@link Message.bytes} joins everything once,
 * so that a file of weights takes its own size and no more.
 */
export class Message {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** An integer of up to 53 bits, as int32 and int64 fields have it. */
  integer(field: number, value: number): this {
    return this.#tag(field, VARINT).#add(varint(BigInt.asUintN(64, BigInt(value))));
  }

  float(field: number, value: number): this {
    return this.#tag(field, FIXED32).#add(new Uint8Array(Float32Array.of(value).buffer));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#tag(field, BYTES)
      .#add(varint(BigInt(value.length)))
      .#add(value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  texts(field: number, values: readonly string[]): this {
    for (const value of values) this.text(field, value);
    return this;
  }

  /** Integers as one packed field. */
  integers(field: number, values: readonly number[]): this {
    const packed = new Message();
    for (const value of values) packed.#add(varint(BigInt.asUintN(64, BigInt(value))));
    return this.message(field, packed);
  }

  message(field: number, value: Message): this {
    this.#tag(field, BYTES).#add(varint(BigInt(value.#length)));
    for (const part of value.#parts) this.#add(part);
    return this;
  }

  /** The message as one array. */
  join(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  #tag(field: number, type: number): this {
    return this.#add(varint(BigInt(field * 8 + type)));
  }

  #add(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }
}

/** Seven bits a byte, lowest first; the eighth says that more follow. */
function varint(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
  return Uint8Array.from(out);
}
