/** @file Damages files in the ways that accidents and attackers do, by a seed. */
import { hostRandom } from './random.ts';

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 20, 2 ** 31 + 8];

/** Draws of a seed. */
export class Dice {
  readonly #random;

  constructor(seed: number) {
    this.#random = hostRandom(seed);
  }

  /** An integer from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.#random.uniform() * count);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

type Mutation = (bytes: Buffer, dice: Dice) => Buffer;

const piece = (bytes: Buffer, dice: Dice): Buffer => {
  const at = dice.below(bytes.length);
  return bytes.subarray(at, at + 1 + dice.below(200));
};

/** Puts something in the place of `length` bytes at `at`. */
const spliced = (bytes: Buffer, at: number, length: number, by: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)]);

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'bits flipped': (bytes, dice) => {
    for (let k = 0; k <= dice.below(8); k++) {
      const at = dice.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8));
    }
    return bytes;
  },
  'cut off': (bytes, dice) => bytes.subarray(0, dice.below(bytes.length)),
  'a number set to an extreme': (bytes, dice) => {
    const value = dice.of(EXTREMES) >>> 0;
    const at = dice.below(Math.max(1, Math.min(bytes.length, 4000) - 8)); // where headers lie
    if (dice.below(2)) bytes.writeUInt32LE(value, at);
    else bytes.writeUInt32BE(value, at);
    return bytes;
  },
  'a number near the end set to an extreme': (bytes, dice) => {
    const at = Math.max(0, bytes.length - 8 - dice.below(2000));
    bytes.writeUInt32LE(dice.of(EXTREMES) >>> 0, at);
    return bytes;
  },
  'a piece repeated': (bytes, dice) => spliced(bytes, dice.below(bytes.length), 0, piece(bytes, dice)),
  'a piece put over another': (bytes, dice) => {
    const by = piece(bytes, dice);
    return spliced(bytes, dice.below(bytes.length), by.length, by);
  },
  'a piece left out': (bytes, dice) => spliced(bytes, dice.below(bytes.length), 1 + dice.below(100), Buffer.alloc(0)),
  'a run of one byte': (bytes, dice) => {
    const at = dice.below(bytes.length);
    return bytes.fill(dice.of([0, 0x28, 0x7d, 0xff]), at, Math.min(bytes.length, at + dice.below(60)));
  },
};

/** A file with one to three faults, and their names. */
export function mutated(original: Uint8Array, dice: Dice): { bytes: Buffer; faults: string } {
  let bytes: Buffer = Buffer.from(original);
  const faults: string[] = [];
  for (let k = 0; k <= dice.below(3); k++) {
    if (bytes.length < 16) break;
    const fault = dice.of(Object.keys(MUTATIONS));
    bytes = (MUTATIONS[fault] as Mutation)(Buffer.from(bytes), dice);
    faults.push(fault);
  }
  return { bytes, faults: faults.join(', ') };
}

const VALUES = [
  'null',
  '-1',
  '1e308',
  '0',
  '0.5',
  '9007199254740993',
  '""',
  '"x"',
  '[]',
  '{}',
  'true',
  '[[]]',
  '{"__proto__":1}',
];

/** A JSON text with a value changed, a key repeated, a list made huge or something nested deep. */
export function mutatedJson(text: string, dice: Dice): string {
  const values = [
    ...text.matchAll(/(?<=[:,[])\s*("(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*|true|false|null|\[\]|\{\})(?=\s*[,\]}])/g),
  ];
  const keys = [...text.matchAll(/"(?:[^"\\]|\\.)*"\s*:/g)];
  const found = dice.of(values);
  const put = (by: string) => text.slice(0, found.index) + by + text.slice((found.index as number) + found[0].length);
  switch (dice.below(6)) {
    case 0: {
      const depth = dice.of([10, 100, 100_000]);
      return put('['.repeat(depth) + ']'.repeat(depth));
    }
    case 1:
      return put(`${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`);
    case 2:
      return put(`[${'1,'.repeat(dice.of([20, 200_000]))}1]`);
    case 3: {
      const key = dice.of(keys);
      return `${text.slice(0, key.index)}${key[0]}${dice.of(VALUES)},${text.slice(key.index)}`;
    }
    case 4: {
      const key = dice.of(keys);
      return text.slice(0, key.index) + dice.of(keys)[0] + text.slice((key.index as number) + key[0].length);
    }
    default:
      return put(dice.of(VALUES));
  }
}
