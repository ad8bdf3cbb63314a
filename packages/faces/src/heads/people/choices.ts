/**
 * @file Choices among the styles of an asset: the likelihood of each by sex, skin or descent, and age.
 *
 * An option weighs mix(woman, man, male) · mix(light, dark, dark) · (young, middle, old) · ages, and is chosen with
 * that probability. What `dark` stands for is said at each table. Unknown styles of another asset get an even chance.
 */
import type { HeadAsset } from '../asset/headAsset.ts';

/** One option: `sex` is [woman, man], `skin` [light, dark], `age` [25, 57, 90 years]. */
export interface Option {
  readonly sex: readonly [number, number];
  readonly skin?: readonly [number, number];
  readonly age?: readonly [number, number, number];
  readonly color?: readonly [number, number, number];
}

/** Options by name; the name of no style stands for all others. */
type Options = Readonly<Record<string, Option>>;

/** Styles of hair; dark: share of African descent. */
const hairStyles: Options = {
  bald: { sex: [0.03, 0.8], skin: [1, 1.4], age: [0.4, 1, 1.5] },
  afro01: { sex: [0.7, 0.6], skin: [0.12, 2], age: [1, 0.9, 0.6] },
  bob01: { sex: [1.3, 0.01], skin: [1, 0.6], age: [1, 1, 0.8] },
  bob02: { sex: [1.3, 0.03], skin: [1, 0.6], age: [1, 1, 1] },
  Braid01: { sex: [1.1, 0.02], age: [1, 0.5, 0.2] },
  long01: { sex: [1.4, 0.12], skin: [1, 0.7], age: [1.1, 0.8, 0.3] },
  ponytail01: { sex: [1.3, 0.02], age: [1, 0.8, 0.5] },
  short01: { sex: [0.2, 1.3] },
  short02: { sex: [0.6, 1.3] },
  short03: { sex: [0.6, 1] },
  short04: { sex: [0.2, 1.3] },
};

const grey = { sex: [1, 1], age: [0.02, 0.4, 3] } as const;

/** Colours of hair, linear; dark: share of African and Asian descent. */
const hairColors: readonly Option[] = [
  { sex: [1, 1], skin: [0.6, 4], age: [1, 1, 0.35], color: [0.006, 0.005, 0.005] },
  { sex: [1, 1], skin: [1, 3], age: [1, 1, 0.35], color: [0.012, 0.008, 0.006] },
  { sex: [1, 1], skin: [1.4, 1.2], age: [1, 1, 0.35], color: [0.025, 0.014, 0.009] },
  { sex: [1, 1], skin: [1.7, 0.4], age: [1, 1, 0.35], color: [0.055, 0.03, 0.017] },
  { sex: [1, 1], skin: [1.6, 0.08], age: [1, 1, 0.35], color: [0.12, 0.07, 0.035] },
  { sex: [1, 1], skin: [1.5, 0.03], age: [1, 0.8, 0.25], color: [0.32, 0.22, 0.11] },
  { sex: [1, 1], skin: [0.8, 0.02], age: [1, 0.8, 0.2], color: [0.16, 0.05, 0.02] },
  { ...grey, color: [0.15, 0.15, 0.15] },
  { ...grey, age: [0, 0.1, 2.5], color: [0.2, 0.195, 0.185] },
];

const lipColors: readonly Option[] = [
  [1, 0.35, 0.35],
  [0.9, 0.25, 0.3],
  [1, 0.5, 0.55],
  [0.7, 0.3, 0.35],
  [1, 0.45, 0.35],
].map((color) => ({ sex: [1, 1], color: color as [number, number, number] }));

/**
 * Brows. Half of the styles fall steeply towards the nose and look angry on a calm face: they are rare. The arched and
 * plucked ones are women's, the broad ones men's.
 */
const brows: Options = {
  eyebrow001: { sex: [1, 1] },
  eyebrow002: { sex: [0.35, 0.03] },
  eyebrow003: { sex: [0.25, 0.03] },
  eyebrow004: { sex: [0.8, 0.8] },
  eyebrow005: { sex: [0.4, 0.03] },
  eyebrow006: { sex: [1, 0.15] },
  eyebrow007: { sex: [0, 0] },
  eyebrow008: { sex: [0.25, 0.1] },
  eyebrow009: { sex: [0.25, 1.2] },
  eyebrow010: { sex: [0.2, 0.1] },
  eyebrow011: { sex: [0.25, 0.15] },
  eyebrow012: { sex: [0.8, 1.2] },
};

/** The first lashes are short; the others look made up. */
const lashes: Options = {
  Eyelashes01: { sex: [3, 1] },
  eyelashes02: { sex: [0.5, 0.01] },
  eyelashes03: { sex: [0.5, 0.01] },
  eyelashes04: { sex: [0.5, 0.01] },
};

/** Irises; dark: share of African and Asian descent. */
const irises: Options = {
  brown: { sex: [1, 1], skin: [2.4, 4] },
  brownlight: { sex: [1, 1], skin: [1.8, 1] },
  ice: { sex: [1, 1], skin: [0.3, 0.01] },
  lightblue: { sex: [1, 1], skin: [0.6, 0.02] },
  other: { sex: [1, 1], skin: [1, 0.03] },
};

const even: Option = { sex: [1, 1] };

/** A skin scan, by the words of its name; dark: mostly African descent. */
function scan(name: string): Option {
  const age = /young/.test(name) ? [1, 0.35, 0.03] : /old/.test(name) ? [0.02, 0.4, 1] : [0.3, 1, 0.5];
  return {
    sex: /female/.test(name) ? [1, 0] : [0, 1],
    skin: /dark|african/.test(name) ? [0, 1] : [1, 0],
    age: age as [number, number, number],
  };
}

const styleNames = (asset: HeadAsset, kind: 'hair' | 'brows' | 'lashes'): string[] =>
  asset.parts.filter((part) => part.kind === kind).map(({ name }) => name);

const iris = (name: string): Option => {
  const word = name.replace(/[_-]?eye.*$/, '');
  return (irises[word] ?? irises.other) as Option;
};

/** Names of the choices, in the order of their options. */
export const choiceNames = ['scans', 'hairStyles', 'hairColors', 'lipColors', 'brows', 'lashes', 'irises'] as const;

export type ChoiceName = (typeof choiceNames)[number];

/** Floats of an option in a {@link ChoiceTable}. */
export const optionFloats = 12;

/** All options of an asset: rows (woman, man, light, dark), (young, middle, old, 0), (r, g, b, 0). */
export interface ChoiceTable {
  readonly rows: Float32Array;
  /** First option and number of options. */
  readonly range: Readonly<Record<ChoiceName, readonly [number, number]>>;
}

function optionsOf(asset: HeadAsset): Record<ChoiceName, readonly Option[]> {
  return {
    scans: asset.textures.skins.names.map(scan),
    hairStyles: ['bald', ...styleNames(asset, 'hair')].map((name) => hairStyles[name] ?? even),
    hairColors,
    lipColors,
    brows: styleNames(asset, 'brows').map((name) => brows[name] ?? even),
    lashes: styleNames(asset, 'lashes').map((name) => lashes[name] ?? even),
    irises: asset.textures.irises.names.map(iris),
  };
}

/** The options of an asset, as the kernels read them. */
export function choiceTable(asset: HeadAsset): ChoiceTable {
  const options = optionsOf(asset);
  let first = 0;
  const range = Object.fromEntries(
    choiceNames.map((name) => {
      const start = first;
      first += options[name].length;
      return [name, [start, options[name].length] as const];
    }),
  ) as unknown as ChoiceTable['range'];
  const rows = choiceNames.flatMap((name) =>
    options[name].flatMap(({ sex, skin = [1, 1], age = [1, 1, 1], color = [0, 0, 0] }) => [
      ...[...sex, ...skin],
      ...[...age, 0],
      ...[...color, 0],
    ]),
  );
  return { rows: new Float32Array(rows), range };
}

/** Who chooses: 0 woman, 1 man; 0 light, 1 dark; age from 0 to 0.9. */
export interface Chooser {
  readonly male: number;
  readonly dark: number;
  readonly age: number;
}

/**
 * The option that a uniform number `u` in [0, 1) chooses, counted in its choice: the first whose running sum of weights
 * exceeds u · Σ weights. `skip` is left out.
 */
export function choose(table: ChoiceTable, name: ChoiceName, u: number, who: Chooser, skip = -1): number {
  const [first, count] = table.range[name];
  const stage = who.age / 0.9;
  const ages = [Math.max(0, 1 - 2 * stage), 1 - Math.abs(2 * stage - 1), Math.max(0, 2 * stage - 1)];
  const weightOf = (k: number): number => {
    if (k === skip) return 0;
    const row = table.rows.subarray((first + k) * optionFloats, (first + k + 1) * optionFloats);
    const [woman, man, light, dark, ...rest] = row as unknown as [number, number, number, number, ...number[]];
    const age = ages.reduce((sum, share, n) => sum + share * (rest[n] as number), 0);
    return (woman + (man - woman) * who.male) * (light + (dark - light) * who.dark) * age;
  };
  const weights = Array.from({ length: count }, (_, k) => weightOf(k));
  let left = u * weights.reduce((sum, w) => sum + w, 0);
  for (let k = 0; k < count; k++) {
    left -= weights[k] as number;
    if (left < 0) return k;
  }
  return weights.reduce((last, w, k) => (w > 0 ? k : last), 0);
}

/** The colour of an option. */
export function optionColor(table: ChoiceTable, name: ChoiceName, option: number): [number, number, number] {
  const at = (table.range[name][0] + option) * optionFloats + 8;
  return [table.rows[at] as number, table.rows[at + 1] as number, table.rows[at + 2] as number];
}
