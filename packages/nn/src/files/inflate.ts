/**
 * @file Unpacks deflated bytes (RFC 1951), for ZIP archives and PNG images. Written here because a reader of untrusted
 * files needs what the platform's functions do not give together: it is synchronous, it stops at a length, and it runs
 * in browsers.
 */
import { FileError } from './header.ts';

const DAMAGED = 'is damaged: it cannot be unpacked';
const CUT_OFF = 'is cut off: its packed bytes end too soon';

const LONGEST_CODE = 15;
const FIRST_BYTES = 2 ** 16;

// Lengths 3 to 258 by symbols 257 to 285, distances 1 to 32768 by symbols 0 to 29: least value, and bits added to it.
const LENGTHS = steps([8, 4, 4, 4, 4, 4], 3);
const DISTANCES = steps([4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2], 1);
LENGTHS.least[28] = 258; // the last symbol stands for the longest match alone
LENGTHS.extra[28] = 0;

/** The order in which a block gives the lengths of the codes for code lengths. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function steps(counts: readonly number[], first: number): { least: number[]; extra: number[] } {
  const [least, extra]: [number[], number[]] = [[], []];
  let next = first;
  for (const [bits, count] of counts.entries()) {
    for (let k = 0; k < count; k++) {
      least.push(next);
      extra.push(bits);
      next += 2 ** bits;
    }
  }
  return { least: [...least, 0], extra: [...extra, 0] };
}

/** How {@link inflate} takes what does not fit. */
export interface InflateOptions {
  /** Where in `packed` to begin. */
  readonly from?: number;
  /** Take the first `length` bytes, if the packed bytes yield more, and look at nothing behind them. */
  readonly prefix?: boolean;
}

/**
 * Unpacks deflated bytes. Memory grows with what they yield, not with the claim.
 *
 * @throws FileError when they are damaged, or do not yield exactly `length` bytes; unpacking stops as soon as they
 * yield more.
 */
export function inflate(packed: Uint8Array, length: number, source: string, options: InflateOptions = {}): Uint8Array {
  return new Inflater(packed, length, source, options).run();
}

/** A Huffman code: for the next `bits` bits, the symbol times 16 plus its length in bits; 0 where no code begins so. */
interface Code {
  readonly table: Uint16Array;
  readonly bits: number;
}

let fixed: readonly [literals: Code, distances: Code] | undefined;

/** The codes of blocks that bring none of their own. */
function fixedCodes(): readonly [Code, Code] {
  const lengths = Uint8Array.from({ length: 288 }, (_, k) => (k < 144 ? 8 : k < 256 ? 9 : k < 280 ? 7 : 8));
  fixed ??= [codeOf(lengths) as Code, codeOf(new Uint8Array(30).fill(5)) as Code];
  return fixed;
}

/** The canonical code of these lengths; `undefined` if there are more codes of a length than fit. */
function codeOf(lengths: Uint8Array): Code | undefined {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  counts[0] = 0;
  let bits = LONGEST_CODE;
  while (bits > 1 && counts[bits] === 0) bits--;
  const next = new Uint16Array(LONGEST_CODE + 2);
  for (let n = 1; n <= LONGEST_CODE; n++) {
    const after = ((next[n] as number) + (counts[n] as number)) * 2;
    if (after > 2 ** (n + 1)) return undefined;
    next[n + 1] = after;
  }
  const table = new Uint16Array(2 ** bits);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    const code = next[length] as number;
    next[length] = code + 1;
    let reversed = 0; // codes lie in the input with their highest bit first
    for (let k = 0; k < length; k++) reversed |= ((code >> k) & 1) << (length - 1 - k);
    for (let at = reversed; at < table.length; at += 2 ** length) table[at] = symbol * 16 + length;
  }
  return { table, bits };
}

class Inflater {
  readonly #packed: Uint8Array;
  readonly #length: number;
  readonly #source: string;
  readonly #prefix: boolean;
  #out: Uint8Array;
  #at = 0;
  #from: number;
  /** Bits that were read and not used yet; the next one is the lowest. */
  #held = 0;
  #holding = 0;

  constructor(packed: Uint8Array, length: number, source: string, { from = 0, prefix = false }: InflateOptions) {
    this.#packed = packed;
    this.#length = length;
    this.#source = source;
    this.#prefix = prefix;
    this.#from = from;
    this.#out = new Uint8Array(Math.min(length, FIRST_BYTES));
  }

  run(): Uint8Array {
    for (let last = 0; last === 0; ) {
      last = this.#take(1);
      const kind = this.#take(2);
      if (kind === 3) this.#fail(DAMAGED);
      if (kind === 0) this.#stored();
      else {
        const [literals, distances] = kind === 1 ? fixedCodes() : this.#ownCodes();
        this.#block(literals, distances);
      }
      if (this.#prefix && this.#at === this.#length) return this.#out;
    }
    if (this.#at !== this.#length)
      this.#fail(`unpacks to ${this.#at} bytes, not to the ${this.#length} ${this.#prefix ? 'needed' : 'it claims'}`);
    return this.#out;
  }

  #fail(problem: string): never {
    throw new FileError(this.#source, problem);
  }

  /** Holds at least `bits` bits, as long as there are any; past the end of the input they are zeros. */
  #hold(bits: number): void {
    while (this.#holding < bits) {
      this.#held |= (this.#packed[this.#from++] ?? 0) << this.#holding;
      this.#holding += 8;
    }
  }

  #drop(bits: number): void {
    this.#held >>>= bits;
    this.#holding -= bits;
    // Whole bytes that are held may lie beyond the end, those that were used may not.
    if (this.#from - (this.#holding >> 3) > this.#packed.length) this.#fail(CUT_OFF);
  }

  #take(bits: number): number {
    if (bits === 0) return 0;
    this.#hold(bits);
    const value = this.#held & (2 ** bits - 1);
    this.#drop(bits);
    return value;
  }

  #symbol({ table, bits }: Code): number {
    this.#hold(bits);
    const entry = table[this.#held & (2 ** bits - 1)] as number;
    if (entry === 0) this.#fail(DAMAGED);
    this.#drop(entry & 15);
    return entry >> 4;
  }

  /** Makes room for `more` bytes; with `prefix`, for as many of them as are wanted. */
  #room(more: number): number {
    const wanted = Math.min(more, this.#length - this.#at);
    if (wanted < more && !this.#prefix) this.#fail(`unpacks to more than the ${this.#length} bytes it claims`);
    const needed = this.#at + wanted;
    if (needed > this.#out.length) {
      const longer = this.#allocate(Math.min(this.#length, Math.max(needed, 2 * this.#out.length)));
      longer.set(this.#out);
      this.#out = longer;
    }
    return wanted;
  }

  #allocate(bytes: number): Uint8Array {
    try {
      return new Uint8Array(bytes);
    } catch {
      return this.#fail(`unpacks to more than there is memory for, ${this.#length} bytes`);
    }
  }

  /**
   * A block that is not packed: after the rest of its first byte, its length, the complement of that, and so many
   * bytes.
   */
  #stored(): void {
    this.#from -= this.#holding >> 3;
    [this.#held, this.#holding] = [0, 0];
    const start = this.#from + 4;
    const [low = 0, high = 0, notLow = 0, notHigh = 0] = this.#packed.subarray(this.#from, start);
    const count = low | (high << 8);
    if (start + count > this.#packed.length) this.#fail(CUT_OFF);
    if ((count ^ (notLow | (notHigh << 8))) !== 0xffff) this.#fail(DAMAGED);
    const wanted = this.#room(count);
    this.#out.set(this.#packed.subarray(start, start + wanted), this.#at);
    this.#at += wanted;
    this.#from = start + count;
  }

  /** The codes of literals and distances that a block brings: lengths of codes, packed by a code of their own. */
  #ownCodes(): readonly [Code, Code] {
    const [literals, distances, listed] = [this.#take(5) + 257, this.#take(5) + 1, this.#take(4) + 4];
    const small = new Uint8Array(19);
    for (const place of ORDER.slice(0, listed)) small[place] = this.#take(3);
    const code = this.#checked(codeOf(small));
    const lengths = new Uint8Array(literals + distances);
    for (let at = 0; at < lengths.length; ) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[at++] = symbol;
        continue;
      }
      const repeated = symbol === 16 ? (lengths[at - 1] ?? this.#fail(DAMAGED)) : 0;
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      if (at + times > lengths.length) this.#fail(DAMAGED);
      lengths.fill(repeated, at, at + times);
      at += times;
    }
    return [this.#checked(codeOf(lengths.subarray(0, literals))), this.#checked(codeOf(lengths.subarray(literals)))];
  }

  #checked<T>(value: T | undefined): T {
    return value ?? this.#fail(DAMAGED);
  }

  /**
   * Literals, and copies of what came before, until the block ends. Nearly all time goes by here, so what changes with
   * every symbol is kept in local variables, five times as fast as members.
   */
  #block(literals: Code, distances: Code): void {
    const packed = this.#packed;
    let [held, holding, from, at, out] = [this.#held, this.#holding, this.#from, this.#at, this.#out];
    const [literalMask, distanceMask] = [2 ** literals.bits - 1, 2 ** distances.bits - 1];
    for (;;) {
      // 15 bits for a symbol and 5 for what is added to a length fit beside the 7 that may be held.
      while (holding < 20) {
        held |= (packed[from++] as number) << holding; // nothing, beyond the end
        holding += 8;
      }
      const entry = literals.table[held & literalMask] as number;
      held >>>= entry & 15;
      holding -= entry & 15;
      const symbol = entry >> 4;
      if (entry !== 0 && symbol < 256 && at < out.length) {
        out[at++] = symbol;
        continue;
      }
      if (entry === 0) this.#fail(DAMAGED);
      if (from - (holding >> 3) > packed.length) this.#fail(CUT_OFF);
      if (symbol === 256) break;
      let length = 1;
      if (symbol > 256) {
        const bits = this.#extra(LENGTHS, symbol - 257);
        length = (LENGTHS.least[symbol - 257] as number) + (held & (2 ** bits - 1));
        held >>>= bits;
        holding -= bits;
      }
      this.#at = at;
      const wanted = this.#room(length);
      out = this.#out;
      if (symbol < 256) {
        if (wanted > 0) out[at++] = symbol;
      } else {
        while (holding < 15) {
          held |= (packed[from++] as number) << holding;
          holding += 8;
        }
        const coded = distances.table[held & distanceMask] as number;
        if (coded === 0) this.#fail(DAMAGED);
        held >>>= coded & 15;
        holding -= coded & 15;
        const bits = this.#extra(DISTANCES, coded >> 4);
        while (holding < bits) {
          held |= (packed[from++] as number) << holding;
          holding += 8;
        }
        const distance = (DISTANCES.least[coded >> 4] as number) + (held & (2 ** bits - 1));
        held >>>= bits;
        holding -= bits;
        if (distance > at) this.#fail(DAMAGED);
        for (const end = at + wanted; at < end; at++) out[at] = out[at - distance] as number;
      }
      if (wanted < length) break;
    }
    [this.#held, this.#holding, this.#from, this.#at] = [held, holding, from, at];
    if (from - (holding >> 3) > packed.length) this.#fail(CUT_OFF);
  }

  /** How many bits are added to a length or a distance. */
  #extra({ least, extra }: typeof LENGTHS, symbol: number): number {
    return (least[symbol] ?? 0) === 0 ? this.#fail(DAMAGED) : (extra[symbol] as number);
  }
}
