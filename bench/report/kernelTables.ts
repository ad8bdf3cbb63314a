/**
 * @file The tables of docs/kernels.md: what each file of `kernels/` says of itself, and why variants decline problems.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type ChoiceReport, DESCRIBED, describedGpu, kernelFamilies, reportChoice, useGpu } from '@visage/gpu';
import { choicesOf } from './kernelProblems.ts';

const PLACE = /(<!-- kernels (variants|files) ([\w ]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/**
 * The page with every place `<!-- kernels variants FAMILY -->` or `<!-- kernels files FOLDER -->` … `<!-- end -->`
 * filled anew.
 */
export function fillKernelPlaces(page: string): string {
  const reasons = reasonsMet();
  return page.replace(PLACE, (_, head: string, what: string, name: string, tail: string) => {
    const table = what === 'files' ? fileTable(name) : variantTable(name, reasons);
    return `${head}\n${table}\n\n${tail}`;
  });
}

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');

/** What a file's header says: its first paragraph, and how it is dispatched. */
export function headerOf(text: string): { readonly part: boolean; readonly says: string; readonly dispatch: string } {
  const lines = text.split('\n');
  const comment = lines
    .slice(
      0,
      lines.findIndex((each) => !each.startsWith('//')),
    )
    .map((each) => each.slice(2));
  const isLabel = (each: string) => /^ [A-Z][\w ]*( {2,}|: )/.test(each);
  const isFormula = (each: string) => each.startsWith('   ');
  const end = comment.findIndex((each, k) => k > 0 && (each.trim() === '' || isLabel(each) || isFormula(each)));
  const first = comment.slice(0, end < 0 ? undefined : end).map((each) => each.trim());
  const paragraph = first.join(' ').replace(/\s{2,}/g, ' ');
  const from = comment.findIndex((each) => /\bDispatch\b/.test(each));
  const rest = comment.slice(from + 1);
  const until = rest.findIndex((each) => each.trim() === '' || isLabel(each) || !each.startsWith('   '));
  const dispatch = from < 0 ? [] : [comment[from], ...rest.slice(0, until < 0 ? undefined : until)];
  return {
    part: paragraph.startsWith('Part: '),
    says: sentenceOf(paragraph.replace(/^Part: /, '')),
    dispatch: sentenceOf(
      dispatch
        .map((each) => (each as string).trim())
        .join(' ')
        .replace(/^.*\bDispatch:?\s+/, ''),
    ),
  };
}

/** Up to the first full stop that ends a sentence, without it or the colon that announces a formula. */
const sentenceOf = (text: string): string => (/^.*?(?=\.( [A-Z]|$)|:$|$)/.exec(text)?.[0] ?? text).trim();

function fileTable(folder: string): string {
  const paths = readdirSync(`kernels/${folder}`, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.wgsl'),
  );
  if (paths.length === 0) throw new Error(`kernels/${folder} holds no WGSL`);
  const rows = paths.sort().map((path) => {
    const { part, says, dispatch } = headerOf(readFileSync(`kernels/${folder}/${path}`, 'utf8'));
    const link = `[\`${path.replace('.wgsl', '')}\`](../kernels/${folder}/${path})`;
    return [link, says, part ? 'a part' : dispatch];
  });
  return tableOf(['file', 'what it says of itself', 'dispatch'], rows);
}

/** Reasons by family and variant, each as it was first given. */
type Reasons = ReadonlyMap<string, readonly string[]>;

function variantTable(name: string, reasons: Reasons): string {
  const family = kernelFamilies().find((each) => each.name === name);
  if (!family) throw new Error(`no kernel family is called ${name}`);
  const rows = family.variants.map((variant) => [
    `\`${variant.name}\``,
    reasons.get(`${name}: ${variant.name}`)?.join('; ') ?? 'never',
  ]);
  return tableOf(['variant', 'declines because'], rows);
}

/** What every variant answers to problems of every kind, on each device that is described. */
function reasonsMet(): Reasons {
  const found = new Map<string, Map<string, string>>();
  const note = ({ family, declined, within }: ChoiceReport): void => {
    if (within) note(within);
    for (const { name, reason } of declined) {
      if (/^(less preferred|estimated)/.test(reason)) continue; // it could and should
      const key = `${family}: ${name}`;
      const known = found.get(key) ?? new Map<string, string>();
      const pattern = reason.replace(/\d+(\.\d+)?/g, '#');
      if (!known.has(pattern)) known.set(pattern, reason);
      found.set(key, known);
    }
  };
  for (const description of Object.values(DESCRIBED)) {
    const gpu = useGpu(describedGpu(description));
    for (const dtype of gpu.device.features.has('shader-f16') ? (['f32', 'f16'] as const) : (['f32'] as const))
      for (const choice of choicesOf(gpu, dtype)) note(reportChoice(choice));
  }
  return new Map([...found].map(([key, known]) => [key, [...known.values()]]));
}
