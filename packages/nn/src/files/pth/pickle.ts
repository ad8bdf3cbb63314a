/**
 * @file Python's pickle format as data. A pickle is a program for a stack machine; this machine knows the instructions
 * that build numbers, texts and containers, and asks its {@link PickleRules} about everything else. It never calls
 * anything that a file names.
 */
import type { Cursor } from './cursor.ts';
import { PickledName, PickledObject } from './values.ts';

/** What a machine asks about instructions that would run code in Python. */
export interface PickleRules {
  /** The value of a call of a function; `undefined` for a function that the rules do not have. */
  call(name: string, values: readonly unknown[]): unknown;
  /** The value behind a persistent id, by which PyTorch refers to storages. */
  persistent(id: unknown): unknown;
}

type Instruction = (machine: PickleMachine) => void;

const HIGHEST_PROTOCOL = 5;
// What a pickle may build. A state dict takes 240 values per tensor, a whole module or a checkpoint with optimizers 700
// to 1000; without a limit a file of 64 KiB could, inflated, make 13 GB of empty dictionaries.
const MOST_VALUES = 2 ** 23;
const VALUES_PER_OBJECT = 16; // an empty container takes the memory and the time of so many numbers
const STOP = 0x2e;

/**
 * Reads the pickle at `cursor`, and leaves the cursor behind it.
 *
 * An object of an unknown class, and what an unknown call would have returned, is a {@link PickledObject}; whether it
 * matters is for the caller to say.
 *
 * @throws FileError for a pickle that is truncated or malformed, or needs an instruction that data does not need.
 */
export function unpickle(cursor: Cursor, rules: PickleRules): unknown {
  return new PickleMachine(cursor, rules).run();
}

class PickleMachine {
  readonly stack: unknown[] = [];
  readonly memo = new Map<number, unknown>();
  readonly #marks: number[] = [];
  #left = MOST_VALUES;

  constructor(
    readonly cursor: Cursor,
    readonly rules: PickleRules,
  ) {}

  run(): unknown {
    for (;;) {
      const at = this.cursor.at;
      const code = this.cursor.u8();
      if (code === STOP) return this.pop();
      const instruction = INSTRUCTIONS.get(code);
      this.spend(1);
      if (!instruction) {
        const shown = `0x${code.toString(16).padStart(2, '0')}`;
        this.cursor.fail(`is no pickle of tensors: instruction ${shown} at byte ${at} is not one that they need`);
      }
      instruction(this);
    }
  }

  push(value: unknown): void {
    if (typeof value === 'object') this.spend(VALUES_PER_OBJECT);
    this.stack.push(value);
  }

  /**
   * Counts values that are built or copied, so that neither memory nor time grows beyond what the length of an honest
   * file explains.
   */
  spend(values: number): void {
    this.#left -= values;
    if (this.#left < 0)
      this.cursor.fail(
        `builds more than ${MOST_VALUES} values by byte ${this.cursor.at} of its pickle; no network needs so many`,
      );
  }

  pop(): unknown {
    const floor = this.#marks.at(-1) ?? 0;
    if (this.stack.length <= floor) this.malformed('the stack is empty');
    return this.stack.pop();
  }

  mark(): void {
    this.spend(3); // takes memory as values do, and honest pickles have one for many values
    this.#marks.push(this.stack.length);
  }

  /** Everything since the latest mark. */
  popToMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) return this.malformed('there is no mark');
    return this.stack.splice(mark);
  }

  /** The topmost value, which stays. */
  top(): unknown {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  malformed(problem: string): never {
    return this.cursor.fail(`holds a malformed pickle: ${problem} at byte ${this.cursor.at}`);
  }

  recall(index: number): void {
    if (!this.memo.has(index)) this.malformed(`nothing is noted under ${index}`);
    this.push(this.memo.get(index));
  }

  /** Adds pairs of keys and values to the dictionary on top. */
  setItems(items: readonly unknown[]): void {
    const top = this.top();
    const target = top instanceof PickledObject ? top.container() : top;
    if (!(target instanceof Map) || items.length % 2 !== 0)
      this.malformed('items go into something that is no dictionary');
    for (let k = 0; k < items.length; k += 2) target.set(items[k], items[k + 1]);
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (target instanceof PickledObject) {
      const members = target.container();
      for (const item of items) members.set(members.size, item);
    } else if (Array.isArray(target)) for (const item of items) target.push(item);
    else this.malformed('items go into something that is no list');
  }

  add(items: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Set)) this.malformed('items go into something that is no set');
    for (const item of items) target.add(item);
  }

  /**
   * A call of a function, or of a class. What the rules do not know is not called: a record takes the place of its
   * result.
   */
  reduce(): void {
    const [values, callee] = [this.pop(), nameOf(this.pop())];
    if (!callee || !Array.isArray(values)) this.malformed('a call of something without a name');
    // What is called copies its arguments, and a pickle can name the same long list again and again.
    this.spend(values.reduce<number>((sum, value) => sum + (Array.isArray(value) ? value.length : 0), values.length));
    this.push(this.rules.call(callee.name, values) ?? new PickledObject(callee, refusedCall(callee)));
  }

  /** An object without its constructor having run. */
  newObject(): void {
    this.pop(); // the constructor's arguments
    const type = nameOf(this.pop());
    if (!type) this.malformed('an object of something that is no class');
    this.push(new PickledObject(type));
  }

  /**
   * Gives the object on top its attributes; what further attributes a container or a tensor may have does not matter.
   */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof PickledObject) {
      // A pair is (attributes, slots); tensors and modules have attributes only.
      const attributes = Array.isArray(state) && state.length === 2 ? state[0] : state;
      if (attributes instanceof Map) target.state = attributes;
    } else if (typeof target !== 'object') {
      this.malformed('attributes for something that is no object');
    }
  }

  integer(length: number): void {
    this.push(this.cursor.integer(length));
    this.spend(length); // a large one is built byte by byte
  }

  name(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') this.malformed('a class whose name is no text');
    this.push(new PickledName(`${module}.${name}`));
  }
}

/**
 * The name of a class or function; of one that is looked up in another (`getattr`), as inner classes and methods are,
 * the name of the look-up.
 */
function nameOf(value: unknown): PickledName | undefined {
  if (value instanceof PickledObject && value.refused !== undefined) return value.type;
  return value instanceof PickledName ? value : undefined;
}

const refusedCall = (callee: PickledName): string =>
  `wants to call ${callee}, which tensors and plain containers do not need; refused, nothing was run`;

const tuple =
  (length: number): Instruction =>
  (m) => {
    const values = Array.from({ length }, () => m.pop());
    m.push(values.reverse());
  };

/**
 * The instructions of protocols 2 to 5 that build data; PyTorch writes protocol 2. Names are those of Python's
 * pickletools.
 */
const INSTRUCTIONS: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [0x80, (m) => m.cursor.u8() > HIGHEST_PROTOCOL && m.malformed(`a protocol beyond ${HIGHEST_PROTOCOL}`)], // PROTO
  [0x95, (m) => void m.cursor.u64()], // FRAME: a length, which the instructions themselves make plain
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => void m.pop()], // POP
  [0x31, (m) => void m.popToMark()], // POP_MARK
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4b, (m) => m.push(m.cursor.u8())], // BININT1
  [0x4d, (m) => m.push(m.cursor.u16())], // BININT2
  [0x4a, (m) => m.push(m.cursor.i32())], // BININT
  [0x8a, (m) => m.integer(m.cursor.u8())], // LONG1
  [0x8b, (m) => m.integer(m.cursor.u32())], // LONG4
  [0x47, (m) => m.push(m.cursor.f64BigEndian())], // BINFLOAT
  [0x58, (m) => m.push(m.cursor.text(m.cursor.u32()))], // BINUNICODE
  [0x8c, (m) => m.push(m.cursor.text(m.cursor.u8()))], // SHORT_BINUNICODE
  [0x8d, (m) => m.push(m.cursor.text(m.cursor.u64()))], // BINUNICODE8
  [0x54, (m) => m.push(m.cursor.text(m.cursor.u32()))], // BINSTRING, the texts of Python 2
  [0x55, (m) => m.push(m.cursor.text(m.cursor.u8()))], // SHORT_BINSTRING
  [0x42, (m) => m.push(m.cursor.take(m.cursor.u32()))], // BINBYTES
  [0x43, (m) => m.push(m.cursor.take(m.cursor.u8()))], // SHORT_BINBYTES
  [0x8e, (m) => m.push(m.cursor.take(m.cursor.u64()))], // BINBYTES8
  [0x96, (m) => m.push(m.cursor.take(m.cursor.u64()))], // BYTEARRAY8
  [0x29, (m) => m.push([])], // EMPTY_TUPLE
  [0x85, tuple(1)], // TUPLE1
  [0x86, tuple(2)], // TUPLE2
  [0x87, tuple(3)], // TUPLE3
  [0x74, (m) => m.push(m.popToMark())], // TUPLE
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x61, (m) => m.append([m.pop()])], // APPEND
  [0x65, (m) => m.append(m.popToMark())], // APPENDS
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x73, (m) => m.setItems([m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => m.setItems(m.popToMark())], // SETITEMS
  [0x8f, (m) => m.push(new Set())], // EMPTY_SET
  [0x90, (m) => m.add(m.popToMark())], // ADDITEMS
  [0x91, (m) => m.push(new Set(m.popToMark()))], // FROZENSET
  [0x71, (m) => void m.memo.set(m.cursor.u8(), m.top())], // BINPUT
  [0x72, (m) => void m.memo.set(m.cursor.u32(), m.top())], // LONG_BINPUT
  [0x94, (m) => void m.memo.set(m.memo.size, m.top())], // MEMOIZE
  [0x68, (m) => m.recall(m.cursor.u8())], // BINGET
  [0x6a, (m) => m.recall(m.cursor.u32())], // LONG_BINGET
  [0x63, (m) => m.name(m.cursor.line(), m.cursor.line())], // GLOBAL
  [
    0x93, // STACK_GLOBAL
    (m) => {
      const [name, module] = [m.pop(), m.pop()];
      m.name(module, name);
    },
  ],
  [0x52, (m) => m.reduce()], // REDUCE
  [0x81, (m) => m.newObject()], // NEWOBJ
  [
    0x92, // NEWOBJ_EX, which has named arguments too
    (m) => {
      m.pop();
      m.newObject();
    },
  ],
  [0x62, (m) => m.build()], // BUILD
  [0x51, (m) => m.push(m.rules.persistent(m.pop()))], // BINPERSID
]);
