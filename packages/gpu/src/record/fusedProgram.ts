import type { Program } from '../core/program.ts';
import { withoutAliases } from '../core/wgslConstants.ts';
import { type Declaration, renamed, type WgslModule, workgroupArray } from '../core/wgslModule.ts';

/** A launch that becomes a part of a fused one. */
export interface FusedPart {
  readonly name: string;
  readonly module: WgslModule;
  readonly enables: readonly string[];
  readonly grid: readonly [number, number, number];
  /** For each of its bindings the binding of the fused kernel. */
  readonly slots: readonly number[];
}

/** Arrays in workgroup memory of one element type, of which a part uses each at most once. */
interface Pool {
  readonly name: string;
  readonly lengths: Set<string>;
}

/**
 * A kernel whose workgroups do what those of several launches would do: the first ones the first launch, and so on.
 *
 * The texts of the parts are linked as object files are: what is declared alike in several is declared once, other
 * declarations of one name get new names. A workgroup runs one part only, so the parts share their workgroup memory:
 * an array is as long as the longest part needs it. All parts have the same workgroup size.
 */
export function fuseProgram(parts: readonly FusedPart[]): Program {
  const linker = new Linker(parts);
  const entries = parts.map((part) => linker.entryOf(part));
  return {
    name: nameOf(parts),
    parts: [linker.text, mainOf(parts, entries)],
    enables: [...new Set(parts.flatMap(({ enables }) => enables))],
  };
}

/** For instance `3 x gemm/conv2d + norm/apply`. */
function nameOf(parts: readonly FusedPart[]): string {
  const counts = new Map<string, number>();
  for (const { name } of parts) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count > 1 ? `${count} x ${name}` : name)).join(' + ');
}

/** The entry point: finds the part of a workgroup, and the number that the workgroup has in that part's own grid. */
function mainOf(parts: readonly FusedPart[], entries: readonly string[]): string {
  const builtins = new Set(parts.flatMap(({ module }) => module.builtins));
  const own = new Set(['workgroup_id', 'num_workgroups', 'global_invocation_id', 'local_invocation_id']);
  const others = [...builtins].filter((name) => !own.has(name));
  const vectors = ['workgroup_id', 'num_workgroups', 'local_invocation_id'];
  const parameters = [
    ...vectors.map((name) => `  @builtin(${name}) fused_${name} : vec3u,`),
    ...others.map((name) => `  @builtin(${name}) fused_${name} : u32,`),
  ];
  const size = parts[0]?.module.size ?? [1, 1, 1];
  let begin = 0;
  const branches = parts.map(({ module, grid }, k) => {
    const [x, y, z] = grid;
    const first = begin;
    begin += x * y * z;
    const argument = (name: string): string => {
      if (name === 'workgroup_id') return 'group';
      if (name === 'num_workgroups') return `vec3u(${x}u, ${y}u, ${z}u)`;
      if (name === 'global_invocation_id') return `group * vec3u(${size.join('u, ')}u) + fused_local_invocation_id`;
      return `fused_${name}`;
    };
    return [
      `  if (fused_at >= ${first}u && fused_at < ${begin}u) {`,
      `    let at = fused_at - ${first}u;`,
      `    let group = vec3u(at % ${x}u, at / ${x}u % ${y}u, at / ${x * y}u);`,
      `    ${entries[k]}(${module.builtins.map(argument).join(', ')});`,
      '  }',
    ].join('\n');
  });
  return [
    `@compute @workgroup_size(${size.join(', ')})`,
    'fn main(',
    ...parameters,
    ') {',
    '  let fused_at = fused_workgroup_id.y * fused_num_workgroups.x + fused_workgroup_id.x;',
    ...branches,
    '}',
  ].join('\n');
}

/** How a part is linked. */
interface Scope {
  readonly part: FusedPart;
  /** How many pools of workgroup memory the part has taken, by element type. */
  readonly used: Map<string, number>;
  /** The new name of a declaration of the part; `undefined` for any other name. */
  readonly nameOf: (name: string) => string | undefined;
}

class Linker {
  readonly #lines: string[] = [];
  /** The names of what was declared, by its text and the name that it had. */
  readonly #known = new Map<string, string>();
  /** The names of what was declared. */
  readonly #declared = new Set(['main']);
  /** Names that occur in the parts. */
  readonly #mentioned: ReadonlySet<string>;
  readonly #pools = new Map<string, Pool[]>();

  constructor(parts: readonly FusedPart[]) {
    this.#mentioned = new Set(parts.flatMap(({ module }) => [...module.names]));
  }

  /** Declares what a part needs, and returns the name of the function that was its entry point. */
  entryOf(part: FusedPart): string {
    const { declarations, entry } = part.module;
    const names = new Map<string, string>();
    const used = new Map<string, number>();
    const nameOf = (name: string): string | undefined => {
      const declaration = declarations.get(name);
      if (!declaration) return undefined;
      const known = names.get(name) ?? this.#declare(declaration, { part, used, nameOf });
      names.set(name, known);
      return known;
    };
    for (const { name } of part.module.bindings) nameOf(name); // what is bound is declared, even if nothing uses it
    return this.#declare(entry, { part, used, nameOf });
  }

  #declare(declaration: Declaration, { part, used, nameOf }: Scope): string {
    const { kind, name, binding } = declaration;
    const array = kind === 'workgroup' ? workgroupArray(declaration) : undefined;
    if (array) {
      const text = (tokens: readonly string[]) => renamed({ ...declaration, tokens }, nameOf).join('');
      const element = text(withoutAliases(array.element, part.module.declarations));
      return this.#pooled(element, text(array.length), used);
    }
    const text = renamed(declaration, (other) => (other === name ? '\0' : nameOf(other))).join('');
    const attributes = binding === undefined ? '' : `@group(0) @binding(${part.slots[binding]}) `;
    const key = attributes || `${name} ${text}`; // parts may name a binding that they share differently
    const known = this.#known.get(key);
    if (known) return known;
    const unique = binding === undefined ? this.#unique(name) : this.#unique('bound', 'bound_0');
    this.#known.set(key, unique);
    this.#lines.push(attributes + text.replaceAll('\0', unique));
    return unique;
  }

  /** An array in workgroup memory: one that an earlier part has and this part did not take yet, if there is one. */
  #pooled(element: string, length: string, used: Map<string, number>): string {
    const pools = this.#pools.get(element) ?? [];
    this.#pools.set(element, pools);
    const at = used.get(element) ?? 0;
    used.set(element, at + 1);
    const pool = pools[at] ?? { name: this.#unique('pool', 'pool_0'), lengths: new Set() };
    pools[at] = pool;
    pool.lengths.add(`u32(${length})`);
    return pool.name;
  }

  /**
   * A name that nothing has yet: `name` itself, if it is `first`, and otherwise one that no part mentions. What parts
   * name differently must not get the name of a local variable of one of them.
   */
  #unique(name: string, first = name): string {
    let unique = first;
    for (let k = 1; this.#declared.has(unique) || (unique !== name && this.#mentioned.has(unique)); k++)
      unique = `${name}_${k}`;
    this.#declared.add(unique);
    return unique;
  }

  /** Everything that the parts declare. */
  get text(): string {
    const pooled = [...this.#pools].flatMap(([element, pools]) =>
      pools.map(({ name, lengths }) => {
        const longest = [...lengths].reduce((a, b) => `max(${a}, ${b})`);
        return `var<workgroup> ${name} : array<${element}, ${longest}>;`;
      }),
    );
    return [...this.#lines, ...pooled].join('\n');
  }
}
