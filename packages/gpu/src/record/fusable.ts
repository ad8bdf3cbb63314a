import { assemble } from '../core/program.ts';
import { constantValue, withoutAliases } from '../core/wgslConstants.ts';
import { readModule, type WgslModule, workgroupArray } from '../core/wgslModule.ts';
import type { Command } from '../launch/commands.ts';
import type { Pipeline } from '../launch/pipelines.ts';

/** What decides with which other kernels a kernel can be fused. */
export interface Fusable {
  readonly module: WgslModule;
  /** The workgroup size. */
  readonly size: string;
  /** The arrays in workgroup memory; empty if there are none. */
  readonly memory: string;
  /** The access and the type of each binding. */
  readonly types: readonly string[];
  /** The length of its text. */
  readonly tokens: number;
}

const known = new WeakMap<Pipeline, Fusable | undefined>();
let structures = 0;

/** What is known of the kernel of a launch; `undefined` if its text is not understood. */
export function fusableOf({ pipeline, program }: Command): Fusable | undefined {
  if (!known.has(pipeline)) {
    const module = readModule(assemble({ ...program, enables: [] }));
    known.set(pipeline, module && describe(module));
  }
  return known.get(pipeline);
}

const describe = (module: WgslModule): Fusable => ({
  module,
  size: module.size.join(),
  memory: memoryOf(module),
  types: typesOf(module),
  tokens: [...module.declarations.values(), module.entry].reduce((sum, { tokens }) => sum + tokens.length, 0),
});

/**
 * The types of the arrays in workgroup memory. A single one may have any length, because the longer of two fits into
 * what memory there is. Of several the lengths have to agree.
 */
function memoryOf({ declarations }: WgslModule): string {
  const variables = [...declarations.values()].filter(({ kind }) => kind === 'workgroup');
  const texts = variables.map((variable) => {
    const array = workgroupArray(variable);
    if (!array) return variable.tokens.join('');
    const element = withoutAliases(array.element, declarations).join('');
    return variables.length === 1 ? element : `${element} ${constantValue(array.length, declarations)}`;
  });
  return texts.join();
}

/** A structure has another name in each program, so a binding of one equals no other. */
function typesOf({ bindings, declarations }: WgslModule): string[] {
  return bindings.map(({ tokens }) => {
    const access = tokens.includes('read_write') ? 'read_write' : 'read';
    const hasStructure = tokens.some((token) => declarations.get(token)?.kind === 'struct');
    const type = withoutAliases(tokens.slice(tokens.indexOf(':') + 1), declarations).join('');
    return `${access} ${type}${hasStructure ? ++structures : ''}`;
  });
}
