/** @file Finds the file of `kernels/` that a part of a program comes from. */
import * as kernels from '@visage/kernels';

const FOLDERS = /^(gemm)(Load|Walk|Epilogue)(?=[A-Z])|^[a-z]+/; // the folder of a family, and folders inside it
const UNLIKE: Readonly<Record<string, string>> = { castMain: 'cast/cast' }; // its export is not named after its file

const lowered = (word: string): string => word.charAt(0).toLowerCase() + word.slice(1);

/** The path under `kernels/` of the text that is exported under this name: `gemmLoadDense` → `gemm/load/dense.wgsl`. */
export function fileNamed(name: string): string {
  const [whole = '', family = whole, folder] = FOLDERS.exec(name) ?? [];
  const folders = folder ? [family, lowered(folder)] : [whole];
  return `${UNLIKE[name] ?? [...folders, lowered(name.slice(whole.length))].join('/')}.wgsl`;
}

/** The first line of a text, which tells files apart. It is the only line that unrolling is sure to leave unchanged. */
const headerOf = (text: string): string => text.split('\n', 1)[0] as string;

const files: ReadonlyMap<string, string> = new Map(
  Object.entries(kernels).map(([name, text]) => [headerOf(text), fileNamed(name)]),
);

/** The path of the file that a part of a program was read from, or `undefined` for one that the host wrote. */
export const fileOf = (part: string): string | undefined => files.get(headerOf(part));

/** Whether the text differs from its file, because the host unrolled loops before it compiled the program. */
export const isUnrolled = (part: string): boolean => fileOf(part) !== undefined && !texts.has(part);

const texts: ReadonlySet<string> = new Set(Object.values(kernels));
