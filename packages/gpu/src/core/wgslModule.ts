/** @file A reader of WGSL that understands as much of a kernel's text as it takes to combine it with others. */
import { constantValue } from './wgslConstants.ts';

const TOKEN = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+|[A-Za-z_]\w*|\d[\w.]*|\S/g;
const SPACE = /^(?:\s|\/[/*])/;
const NAME = /^[A-Za-z_]\w*$/;
const OPENING = '([{';
const CLOSING = ')]}';

/** What is passed to a kernel's entry point. */
const BUILTINS = [
  'workgroup_id',
  'num_workgroups',
  'global_invocation_id',
  'local_invocation_id',
  'local_invocation_index',
  'subgroup_id',
  'subgroup_invocation_id',
  'subgroup_size',
] as const;
export type Builtin = (typeof BUILTINS)[number];

/** A declaration at module scope. */
export interface Declaration {
  readonly kind: 'alias' | 'const' | 'fn' | 'struct' | 'private' | 'workgroup' | 'storage';
  readonly name: string;
  /** Its text without comments and attributes. */
  readonly tokens: readonly string[];
  /** Of a storage variable: the number of its binding. */
  readonly binding?: number;
}

/** A kernel's text, taken apart. */
export interface WgslModule {
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** The function `main`; its parameters have no attributes any more. */
  readonly entry: Declaration;
  /** What the parameters of `main` are, in order. */
  readonly builtins: readonly Builtin[];
  /** Threads of a workgroup along x, y and z. */
  readonly size: readonly [number, number, number];
  /** The storage variables by their bindings. */
  readonly bindings: readonly Declaration[];
  /** Every name that occurs in the text. */
  readonly names: ReadonlySet<string>;
}

/**
 * Takes a text without directives apart.
 *
 * @returns `undefined` if it has anything that this reader does not know: overrides, uniforms, textures, several entry
 * points, functions that a local name could be mistaken for.
 */
export function readModule(text: string): WgslModule | undefined {
  const tokens = tokensOf(text);
  const declarations = new Map<string, Declaration>();
  let main: { readonly entry: Declaration; readonly attributes: readonly string[] } | undefined;
  for (const piece of piecesOf(tokens)) {
    const [attributes, rest] = withoutAttributes(piece);
    const declared = declarationOf(rest, attributes);
    if (!declared || declarations.has(declared.name)) return undefined;
    if (!attributes.includes('compute')) declarations.set(declared.name, declared);
    else if (main || declared.name !== 'main') return undefined;
    else main = { entry: declared, attributes };
  }
  if (!main) return undefined;
  const size = sizeOf(main.attributes, declarations);
  const header = withoutBuiltins(main.entry);
  const bindings = bindingsOf(declarations);
  if (!size || !header || !bindings || !isTree(declarations)) return undefined;
  const names = new Set(tokens.filter((token) => NAME.test(token)));
  return { declarations, ...header, size, bindings, names };
}

/** Replaces the names of other declarations in a declaration's text; members of structures keep theirs. */
export function renamed({ kind, tokens }: Declaration, nameOf: (name: string) => string | undefined): string[] {
  return tokens.map((token, at) => {
    if (!NAME.test(token) || solid(tokens, at, -1) === '.') return token;
    if (kind === 'struct' && solid(tokens, at, 1) === ':') return token;
    return nameOf(token) ?? token;
  });
}

/** A `var<workgroup>` that is an array. */
export interface WorkgroupArray {
  readonly element: readonly string[];
  readonly length: readonly string[];
}

/** Takes the type of a workgroup variable apart; `undefined` if it is no array of a given length. */
export function workgroupArray({ tokens }: Declaration): WorkgroupArray | undefined {
  const type = tokens.slice(tokens.indexOf(':') + 1, tokens.lastIndexOf(';')).filter((token) => token !== ' ');
  if (type[0] !== 'array' || type[1] !== '<' || type.at(-1) !== '>') return undefined;
  const inner = type.slice(2, -1);
  let depth = 0;
  const comma = inner.findIndex((token) => {
    if ('<('.includes(token)) depth++;
    if ('>)'.includes(token)) depth--;
    return token === ',' && depth === 0;
  });
  return comma < 0 ? undefined : { element: inner.slice(0, comma), length: inner.slice(comma + 1) };
}

/** Names, numbers, single characters, and a space for each run of white space and comments. */
const tokensOf = (text: string): string[] =>
  (text.match(TOKEN) ?? []).map((token) => (SPACE.test(token) ? ' ' : token));

/** The next token in a direction that is not white space. */
function solid(tokens: readonly string[], at: number, step: 1 | -1): string | undefined {
  let k = at + step;
  while (tokens[k] === ' ') k += step;
  return tokens[k];
}

/** The text between the ends of declarations. */
function piecesOf(tokens: readonly string[]): string[][] {
  const pieces: string[][] = [];
  let piece: string[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (piece.length === 0 && (token === ' ' || token === ';')) continue;
    piece.push(token);
    if (OPENING.includes(token)) depth++;
    if (CLOSING.includes(token)) depth--;
    if (depth > 0 || (token !== ';' && token !== '}')) continue;
    pieces.push(piece);
    piece = [];
  }
  return piece.length > 0 ? [...pieces, piece] : pieces;
}

/** Parts a declaration's attributes, without their signs, from its text. */
function withoutAttributes(piece: readonly string[]): [attributes: string[], rest: string[]] {
  let at = 0;
  while (piece[at] === '@') {
    at += 2;
    if (piece[at] === '(') at = piece.indexOf(')', at) + 1;
    while (piece[at] === ' ') at++;
  }
  return [piece.slice(0, at).filter((token) => token !== '@' && token !== ' '), piece.slice(at)];
}

function declarationOf(tokens: readonly string[], attributes: readonly string[]): Declaration | undefined {
  const [keyword = ''] = tokens;
  const solids = tokens.filter((token) => token !== ' ');
  if (keyword === 'alias' || keyword === 'const' || keyword === 'fn' || keyword === 'struct')
    return { kind: keyword, name: solids[1] ?? '', tokens };
  const space = solids[2];
  const name = solids[solids.indexOf('>') + 1] ?? '';
  if (keyword !== 'var' || solids[1] !== '<') return undefined;
  if (space === 'private' || space === 'workgroup') return { kind: space, name, tokens };
  if (space !== 'storage') return undefined;
  const group = Number(attributes[attributes.indexOf('group') + 2]);
  const binding = Number(attributes[attributes.indexOf('binding') + 2]);
  return group === 0 && Number.isInteger(binding) ? { kind: space, name, tokens, binding } : undefined;
}

/** The storage variables by binding; `undefined` if the numbers have gaps. */
function bindingsOf(declarations: ReadonlyMap<string, Declaration>): Declaration[] | undefined {
  const bindings: Declaration[] = [];
  for (const each of declarations.values()) if (each.binding !== undefined) bindings[each.binding] = each;
  return Object.keys(bindings).length === bindings.length ? bindings : undefined;
}

function sizeOf(
  attributes: readonly string[],
  declarations: ReadonlyMap<string, Declaration>,
): WgslModule['size'] | undefined {
  const from = attributes.indexOf('workgroup_size') + 2;
  const list = attributes.slice(from, attributes.indexOf(')', from)).join('').split(',');
  const [x, y = 1, z = 1] = list.map((text) => constantValue(tokensOf(text), declarations) ?? 0);
  return x && y && z ? [x, y, z] : undefined;
}

/** Takes the attributes off the parameters of `main`; `undefined` if they are not builtins that are known. */
function withoutBuiltins(main: Declaration): Pick<WgslModule, 'entry' | 'builtins'> | undefined {
  const text = main.tokens.join('');
  const body = text.indexOf('{');
  const builtins: string[] = [];
  const header = text.slice(0, body).replace(/@builtin\(\s*(\w+)\s*\)\s*/g, (_, builtin: string) => {
    builtins.push(builtin);
    return '';
  });
  const known = builtins.filter((name): name is Builtin => BUILTINS.includes(name as Builtin));
  const parameters = header.split(':').length - 1;
  if (header.includes('@') || known.length !== builtins.length || parameters !== known.length) return undefined;
  return { entry: { ...main, tokens: tokensOf(header + text.slice(body)) }, builtins: known };
}

/**
 * Does no declaration mention itself, directly or through others? WGSL has no recursion, but a local name may equal
 * that of a declaration.
 */
function isTree(declarations: ReadonlyMap<string, Declaration>): boolean {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): boolean => {
    const declared = declarations.get(name);
    if (!declared || state.get(name) === 'done') return true;
    if (state.get(name) === 'open') return false;
    state.set(name, 'open');
    const mentioned = new Set<string>();
    renamed(declared, (other) => {
      if (other !== name) mentioned.add(other);
      return undefined;
    });
    const fine = [...mentioned].every(visit);
    state.set(name, 'done');
    return fine;
  };
  return [...declarations.keys()].every(visit);
}
