/** A value that becomes a `const` of a kernel's WGSL. Numbers become `u32`, booleans `bool`. */
export type Constant = number | boolean | { readonly type: 'f32' | 'i32'; readonly value: number };

/** A constant of type `f32`. */
export const f32 = (value: number): Constant => ({ type: 'f32', value });
/** A constant of type `i32`. */
export const i32 = (value: number): Constant => ({ type: 'i32', value });

/**
 * A compute program: a prelude of enables, type aliases and constants, followed by WGSL texts in order.
 *
 * Its entry point is `main`. Its bindings are in group 0, numbered from 0 without gaps.
 */
export interface Program {
  /** Shown in errors, profiles and benchmarks, for instance `gemm/direct`. */
  readonly name: string;
  readonly parts: readonly string[];
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly aliases?: Readonly<Record<string, string>>;
  readonly enables?: readonly string[];
}

/**
 * Formats a number as a WGSL literal of type f32, exactly.
 *
 * @throws RangeError if the number is NaN or infinite in f32, for which WGSL has no literals.
 */
export function f32Literal(value: number): string {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded))
    throw new RangeError(`f32Literal: ${value} is not finite in f32, and WGSL has no literal for it`);
  const text = Object.is(rounded, -0) ? '-0' : String(rounded);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

function constantLine(name: string, value: Constant): string {
  if (typeof value === 'boolean') return `const ${name} : bool = ${value};`;
  if (typeof value === 'object') {
    return value.type === 'f32'
      ? `const ${name} : f32 = ${f32Literal(value.value)};`
      : `const ${name} : i32 = ${value.value};`;
  }
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new RangeError(`constant ${name}: ${value} is not a u32; use f32(…) or i32(…)`);
  }
  return `const ${name} : u32 = ${value}u;`;
}

/**
 * The WGSL that comes before the parts of a program: enables, aliases and constants.
 *
 * @throws RangeError if a constant does not fit its type.
 */
export function preludeOf(program: Program): string {
  const lines = (program.enables ?? []).map((name) => `enable ${name};`);
  for (const [name, type] of Object.entries(program.aliases ?? {})) lines.push(`alias ${name} = ${type};`);
  for (const [name, value] of Object.entries(program.constants ?? {})) lines.push(constantLine(name, value));
  return lines.join('\n');
}

/**
 * The whole WGSL text of a program. Programs with equal text share a pipeline.
 *
 * @throws RangeError if a constant does not fit its type.
 */
export const assemble = (program: Program): string => [preludeOf(program), ...program.parts].join('\n');

/** For each binding of group 0: does the kernel write to it? This is read from the declarations in the WGSL. */
export function writtenBindings(code: string): boolean[] {
  const written: boolean[] = [];
  for (const match of code.matchAll(/@group\(0\)\s*@binding\((\d+)\)\s*var<storage,\s*(read_write|read)>/g)) {
    written[Number(match[1])] = match[2] === 'read_write';
  }
  return written;
}

/**
 * The grid [x, y, z] for at least `groups` workgroups in one dimension; two dimensions are used if there are more than
 * WebGPU's limit of 65535.
 */
export function linearGrid(groups: number): [number, number, number] {
  const limit = 65535;
  return groups <= limit ? [groups, 1, 1] : [limit, Math.ceil(groups / limit), 1];
}
