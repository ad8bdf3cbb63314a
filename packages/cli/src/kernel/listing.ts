/** @file Describes a launch as text: its program, the source of each part, and why no other variant was chosen. */
import {
  assemble,
  type Choice,
  type ChoiceReport,
  type Command,
  type Program,
  preludeOf,
  reportChoice,
} from '@visage/gpu';
import { fileOf, isUnrolled } from './source.ts';

/** The prefix of every line of a listing that is not part of the program. */
export const MARK = '//▸';

/**
 * The WGSL of a program, with a line before each part that says where the part comes from. Without these lines the text
 * is exactly what is compiled.
 */
export function markedText(program: Program): string {
  const parts = program.parts.map((part) => {
    const file = fileOf(part);
    const unrolled = isUnrolled(part) ? ', its loops written out' : '';
    return `${MARK} ${file ? `kernels/${file}${unrolled}` : 'written by the host for this problem'}\n${part}`;
  });
  return [`${MARK} prelude: what the shapes decide`, preludeOf(program), ...parts].join('\n');
}

/** The extents of a program's workgroup: its `@workgroup_size` with every constant replaced by its value. */
export function workgroupOf(program: Program): readonly number[] {
  const code = assemble(program);
  const size = /@workgroup_size\(([^)]*)\)/.exec(code)?.[1] ?? '1';
  return size
    .split(',')
    .map((extent) => extent.split('*').reduce((product, word) => product * extentOf(word.trim(), code), 1));
}

/** The value of a literal, or of a constant of the program; NaN if `word` is neither. */
function extentOf(word: string, code: string): number {
  if (/^\d+u?$/.test(word)) return Number.parseInt(word, 10);
  const found = new RegExp(`const ${word}(?: : u32)? = (\\w+);`).exec(code)?.[1];
  return found === undefined || found === word ? Number.NaN : extentOf(found, code);
}

/** The nested choices of variants that led to a launch, the outermost first. */
function choicesOf(choice: ChoiceReport): ChoiceReport[] {
  return [...(choice.within ? choicesOf(choice.within) : []), choice];
}

function linesOfChoice({ family, variant, problem, declined }: ChoiceReport): string[] {
  const others = declined.map(({ name, reason }) => `    not ${name}: ${reason}`);
  return [`variant    ${family}: ${variant}${problem ? ` for ${problem}` : ''}`, ...others];
}

const bytesOf = (bytes: number): string =>
  bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 10).toFixed(1)} KiB`;

/**
 * Describes one launch: dispatch, bindings, choices and text. If an earlier launch has the same text, `twin` is its
 * number, and the text is not repeated.
 */
export function listing(command: Command, number: number, count: number, twin: number | undefined): string {
  const { program, pipeline, buffers, grid, flops, choice } = command;
  const workgroup = workgroupOf(program);
  const invocations = workgroup.reduce((product, extent) => product * extent, 1);
  const bindings = buffers.map(
    ({ bytes }, at) => `${at} ${pipeline.writes[at] ? 'written' : 'read'} ${bytesOf(bytes)}`,
  );
  const lines = [
    `launch ${number} of ${count}: ${pipeline.name}`,
    `dispatch   ${grid.join(' x ')} workgroups of ${workgroup.join(' x ')}${workgroup.length > 1 ? ` = ${invocations}` : ''} invocations`,
    `bindings   ${bindings.join(', ')}`,
    ...(flops > 0 ? [`operations ${(flops / 1e9).toPrecision(3)} GFLOP`] : []),
    ...(choice
      ? choicesOf(reportChoice(choice as Choice<{ name: string }>)).flatMap(linesOfChoice)
      : ['variant    its family has one']),
  ];
  const text = twin === undefined ? markedText(program) : `${MARK} the text is that of launch ${twin}`;
  return `${lines.map((line) => `${MARK} ${line}`).join('\n')}\n${text}`;
}
