import { readFile, writeFile } from 'node:fs/promises';
import { VisageError } from '@visage/gpu';
import type { Table } from '@visage/training';
import type { Command } from 'commander';
import { type BenchResult, readResult } from '../report/result.ts';
import { tablesOf } from '../report/tables.ts';
import { versusPytorch } from '../report/versus.ts';

/**
 * The places for results, `<!-- bench NAME -->` … `<!-- end -->`. The place `versus` is for what several results say
 * together.
 */
const PLACE = /(<!-- bench ([\w-]+)(?: most (\d+))? -->\n)[\s\S]*?(<!-- end -->)/g;

/** Adds `tables`, which puts results into the places that a Markdown page keeps for them. */
export function addTables(program: Command): void {
  program
    .command('tables')
    .description('put results into the places that a Markdown page keeps for them')
    .argument('<results...>', 'JSON files that benchmarks wrote; the name before .json is that of the place')
    .option('--page <file>', 'the page', 'docs/performance.md')
    .action(async (files: string[], { page }: { page: string }) => {
      const results = new Map<string, BenchResult>();
      for (const file of files) results.set(file.replace(/^.*\//, '').replace(/\.json$/, ''), await readResult(file));
      const { text, filled } = fillPlaces(await readFile(page, 'utf8'), results);
      const lost = [...results.keys()].filter((name) => !filled.includes(name));
      if (lost.length > 0)
        throw new VisageError(`${page}: has no place <!-- bench ${lost.join(' --> or <!-- bench ')} -->`);
      await writeFile(page, text);
      console.log(`${page}: ${filled.join(', ')}`);
    });
}

/** Fills each place for which there is a result of its name; the other places stay as they are. */
export function fillPlaces(
  page: string,
  results: ReadonlyMap<string, BenchResult>,
): { text: string; filled: string[] } {
  const filled: string[] = [];
  const text = page.replace(PLACE, (whole, head: string, name: string, most: string | undefined, tail: string) => {
    if (name === 'versus') {
      const table = versusPytorch([...results.values()]);
      return table ? `${head}\n${markdown(table)}\n\n${tail}` : whole;
    }
    const result = results.get(name);
    if (!result) return whole;
    filled.push(name);
    const tables = tablesOf(result, most === undefined ? undefined : Number(most));
    return `${head}\n${[origin(result), ...tables.map(markdown)].join('\n\n')}\n\n${tail}`;
  });
  return { text, filled };
}

function origin({ adapter, driver, versions, when, tuned, sizes }: BenchResult): string {
  const { size, width, blocks } = sizes;
  const networks = `networks at ${size} pixels, width ${width}, ${blocks} blocks`;
  return `${adapter}, ${driver}; ${versions}; ${when.slice(0, 10)}; ${networks}; ${tuned} tuned problems.`;
}

function markdown({ title, rows: [head = [], ...body], note }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${head.map((_, k) => (k === 0 ? '---' : '---:')).join('|')}|`;
  return [`**${title}**\n`, line(head), rule, ...body.map(line), ...(note ? [`\n${note}`] : [])].join('\n');
}
