import { checkProcessors } from '../core/deviceProfile.ts';
import { VisageError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import type { NamedFamily } from '../select/family.ts';

/** What was measured for one problem. */
export interface TuningEntry {
  /** The fastest variant whose result agreed with the reference. */
  readonly variant: string;
  /** Milliseconds that it took. */
  readonly ms: number;
  /** Milliseconds of the variant that is chosen without a memo. */
  readonly untunedMs: number;
}

/**
 * What a memo was measured on. It is only valid for the same adapter, driver and versions, because which kernel is the
 * fastest depends on all of them.
 */
export interface TuningTarget {
  readonly adapter: string;
  readonly driver: string;
  /** The versions of Visage and of the WebGPU implementation. */
  readonly versions: string;
}

const FORMAT = 'visage tuning memo 1';
const MOST_CHARACTERS = 2 ** 24;
const MOST_ENTRIES = 100_000;
const LONGEST_NAME = 300;

/**
 * The variants that were measured to be the fastest, by kernel family and by the problem's signature ({@link
 * FamilyDefinition.describe}).
 *
 * {@link Family.choose} asks the memo of the device first, and falls back to the fixed order of the variants.
 */
export class TuningMemo {
  /** How many processors the adapter has, if its name is not known; see {@link Gpu.profile}. */
  processors: number | undefined;
  #families = new Map<string, Map<string, TuningEntry>>();

  /** The number of problems. */
  get size(): number {
    return [...this.#families.values()].reduce((sum, entries) => sum + entries.size, 0);
  }

  /** Was any problem of the family measured? */
  has(family: string): boolean {
    return this.#families.has(family);
  }

  /** What was measured for a problem, if it was. */
  get(family: string, signature: string): TuningEntry | undefined {
    return this.#families.get(family)?.get(signature);
  }

  /** Adds or replaces what was measured for a problem. */
  set(family: string, signature: string, entry: TuningEntry): void {
    const entries = this.#families.get(family) ?? new Map<string, TuningEntry>();
    entries.set(signature, entry);
    this.#families.set(family, entries);
  }

  /** Adds every entry of another memo, and replaces entries for the same problem. */
  merge(other: TuningMemo): void {
    for (const [family, entries] of other.#families)
      for (const [signature, entry] of entries) this.set(family, signature, entry);
    this.processors = other.processors ?? this.processors;
  }

  /**
   * The names of variants and families in the memo that do not exist, each as `family: variant`. {@link Family.choose}
   * ignores them.
   *
   * @param existing the families that exist.
   */
  unknownNames(existing: readonly NamedFamily[]): string[] {
    const named = [...this.#families].flatMap(([family, entries]) => {
      const variants = existing.find(({ name }) => name === family)?.variants ?? [];
      const strange = [...entries.values()].filter((entry) => variants.every(({ name }) => name !== entry.variant));
      return strange.map(({ variant }) => `${family}: ${variant}`);
    });
    return [...new Set(named)];
  }

  /** Removes everything. */
  clear(): void {
    this.#families.clear();
    this.processors = undefined;
  }

  /** The memo as JSON text. Its entries are sorted, so that two memos can be compared line by line. */
  toText(target: TuningTarget): string {
    const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    const families = sorted(this.#families).map(([family, entries]) => [family, Object.fromEntries(sorted(entries))]);
    return `${JSON.stringify({ format: FORMAT, target, processors: this.processors, families: Object.fromEntries(families) }, null, 1)}\n`;
  }

  /**
   * Reads what {@link TuningMemo.toText} wrote. The text is not trusted: sizes are bounded, and only names and finite
   * times are read.
   *
   * @throws VisageError that says what is wrong with the text, or that the memo was measured on another adapter, driver
   * or version.
   */
  static parse(text: string, target: TuningTarget): TuningMemo {
    if (text.length > MOST_CHARACTERS) throw new VisageError(`is longer than ${MOST_CHARACTERS} characters`);
    const { format, target: made, processors, families } = asObject(parseJson(text), 'the file');
    if (format !== FORMAT) throw new VisageError(`is no tuning memo of this version (expected "${FORMAT}")`);
    const from = asObject(made, 'target');
    for (const name of ['adapter', 'driver', 'versions'] as const) {
      if (from[name] !== target[name])
        throw new VisageError(`was measured on another ${name}: ${shown(from[name])}, here ${shown(target[name])}`);
    }
    const memo = new TuningMemo();
    if (processors !== undefined) memo.processors = checkProcessors('the memo', Number(processors));
    for (const [family, entries] of Object.entries(asObject(families, 'families'))) {
      for (const [signature, entry] of Object.entries(asObject(entries, shown(family)))) {
        if (memo.size >= MOST_ENTRIES) throw new VisageError(`has more than ${MOST_ENTRIES} entries`);
        memo.set(checkName(family), checkName(signature), asEntry(entry, signature));
      }
    }
    return memo;
  }
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new VisageError(`${what} is ${Array.isArray(value) ? 'a list' : shown(value)}, expected an object`);
  return value as Record<string, unknown>;
}

function checkName(name: unknown): string {
  if (typeof name === 'string' && name.length > 0 && name.length <= LONGEST_NAME) return name;
  throw new VisageError(`${shown(name)} is no name of 1 to ${LONGEST_NAME} characters`);
}

function asEntry(value: unknown, signature: string): TuningEntry {
  const { variant, ms, untunedMs } = asObject(value, shown(signature));
  for (const [name, time] of Object.entries({ ms, untunedMs })) {
    if (typeof time !== 'number' || !Number.isFinite(time) || time < 0)
      throw new VisageError(`${shown(signature)}: ${name} is ${shown(time)}, expected milliseconds`);
  }
  return { variant: checkName(variant), ms: ms as number, untunedMs: untunedMs as number };
}

/** A value as short text for a message. */
const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 80);
