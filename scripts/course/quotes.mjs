/**
 * What the pages of the course quote, and whether it stands where they say. There are six kinds of quote:
 *
 *     ```ts packages/x.ts:12-20              these lines of this file
 *     ```wgsl npm run visage -- kernel …     lines that this command prints; a line `…` leaves some out
 *     ```text npm run course -- 3            lines that the file of a chapter prints; its numbers may differ
 *     [`name`](../../packages/x.ts)          a file in which the name stands, or whose name this is
 *     [`name`](../../packages/x.ts#L12)      a line (or #L12-L20) in which the name stands
 *     [39.1 ms](../performance.md#heading)   a figure that stands below that heading of another page
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { root } from './chapters.mjs';

const read = (path) => readFileSync(`${root}${path}`, 'utf8');
const FENCE = /^```(\w+) (.+)\n([\s\S]*?)^```$/gm;
const LINES = /^([\w./-]+):(\d+)(?:-(\d+))?$/;
const LINE_LINK = /\[`([^`\]]+)`\]\(([^)\s#]+)#L(\d+)(?:-L(\d+))?\)/g;
const NAME_LINK = /\[`([^`\]]+)`\]\(([^)\s#]+\.(?:ts|mjs|wgsl))\)/g;
const FIGURE = /\[(\d[^\]]*)\]\(([^)\s#]+\.md)(?:#([^)\s]*))?\)/g;

/** The pages of the course, and the map from the paper to the code: paths from the root of the repository. */
export const pages = () => [
  ...readdirSync(`${root}docs/course`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/course/${name}`),
  'docs/paper-to-code.md',
];

/** The fenced blocks of the text of a page that quote something: their language, source and text. */
const blocksIn = (page, markdown) =>
  [...markdown.matchAll(FENCE)].map(([, language, source, text]) => ({ page, language, source, text }));

/** The same of a page as it lies there. */
export const blocksOf = (page) => blocksIn(page, read(page));

/** Blocks whose text is that of lines of a file. */
function wrongBlocks(page, markdown) {
  return blocksIn(page, markdown).flatMap(({ source, text }) => {
    const [, path, first, last = first] = LINES.exec(source) ?? [];
    if (path === undefined) return [];
    if (!existsSync(`${root}${path}`)) return [`${page} quotes ${path}, which is not there`];
    const lines = read(path)
      .split('\n')
      .slice(first - 1, last);
    return `${lines.join('\n')}\n` === text ? [] : [`${page} quotes ${source}, where the text is another one`];
  });
}

const targetOf = (page, link) => posix.join(posix.dirname(page), link);
/** The name that a link shows, as it stands in a program: `conv2d(x, w)` is `conv2d`, `Adam.step` is `step`. */
const nameIn = (shown) => /([\w$]+)(?:\(.*)?$/.exec(shown)?.[1] ?? shown;

/** Links to lines in which the name that they show does not stand. */
function wrongLineLinks(page, markdown) {
  return [...markdown.matchAll(LINE_LINK)].flatMap(([, shown, link, first, last = first]) => {
    const path = targetOf(page, link);
    if (!existsSync(`${root}${path}`)) return [`${page} links to ${path}, which is not there`];
    const lines = read(path)
      .split('\n')
      .slice(first - 1, last);
    const found = lines.some((line) => line.includes(nameIn(shown)));
    return found ? [] : [`${page} looks for ${nameIn(shown)} in ${path}, line ${first}`];
  });
}

/** Links to files in which the name that they show does not stand, and which are not called so. */
function wrongNameLinks(page, markdown) {
  return [...markdown.matchAll(NAME_LINK)].flatMap(([, shown, link]) => {
    const path = targetOf(page, link);
    if (!existsSync(`${root}${path}`)) return [`${page} links to ${path}, which is not there`];
    const found = path.endsWith(shown) || new RegExp(`\\b${nameIn(shown)}\\b`).test(read(path));
    return found ? [] : [`${page} looks for ${nameIn(shown)} in ${path}`];
  });
}

const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const flat = (text) => text.replaceAll(/\s+/g, ' ');

/** What stands below a heading of a page, up to the next heading of its rank; the whole page without a heading. */
function sectionOf(path, anchor) {
  const text = read(path);
  if (!anchor) return text;
  const headings = [...text.matchAll(/^(#+) (.*)$/gm)].map(({ 1: marks, 2: title, index }) => ({
    rank: marks.length,
    title,
    index,
  }));
  const at = headings.findIndex(({ title }) => anchorOf(title) === anchor);
  if (at < 0) return '';
  const next = headings.slice(at + 1).find(({ rank }) => rank <= headings[at].rank);
  return text.slice(headings[at].index, next?.index);
}

/** Figures that do not stand in the section that they are quoted from. */
function wrongFigures(page, markdown) {
  return [...markdown.matchAll(FIGURE)].flatMap(([, figure, link, anchor]) => {
    const path = targetOf(page, link);
    if (!existsSync(`${root}${path}`)) return [`${page} quotes a figure of ${path}, which is not there`];
    const found = flat(sectionOf(path, anchor)).includes(flat(figure));
    return found ? [] : [`${page} quotes ${figure}, which does not stand in ${path}${anchor ? `, ${anchor}` : ''}`];
  });
}

const printed = new Map();
/** What `npm run visage -- kernel …` prints. */
function kernelText(command) {
  if (!printed.has(command)) {
    const [, , , , ...words] = command.split(' ');
    const start = ['--import', './scripts/register.mjs', 'packages/cli/src/main.ts', ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, start, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
    printed.set(command, stdout);
  }
  return printed.get(command);
}

/** Blocks of kernels that their commands do not print. */
function wrongKernels(page, markdown) {
  const blocks = blocksIn(page, markdown).filter(({ source }) => source.startsWith('npm run visage -- '));
  return blocks.flatMap(({ source, text }) => {
    let rest = `\n${kernelText(source)}`;
    const lost = text.split(/^…\n/m).find((part) => {
      const at = rest.indexOf(`\n${part}`);
      rest = rest.slice(at + part.length);
      return at < 0;
    });
    return lost === undefined ? [] : [`${page}: \`${source}\` does not print\n${lost}`];
  });
}

/** Everything that the text of a page quotes wrongly, a sentence each. */
export const wrongQuotesIn = (page, markdown) =>
  [wrongBlocks, wrongLineLinks, wrongNameLinks, wrongFigures, wrongKernels].flatMap((wrong) => wrong(page, markdown));

/** The same of all pages. */
export const wrongQuotes = () => pages().flatMap((page) => wrongQuotesIn(page, read(page)));

/** The lines of a block of what a chapter prints that it did not print. Numbers may differ, as between adapters. */
export function notPrinted(block, lines) {
  const wordsOf = (line) =>
    line
      .replaceAll(/-?\d+(\.\d+)?(e[+-]?\d+)?/g, '#')
      .replaceAll(/\s+/g, ' ')
      .trim();
  const said = new Set(lines.flatMap((text) => text.split('\n')).map(wordsOf));
  return block.text.split('\n').filter((line) => line !== '' && line !== '…' && !said.has(wordsOf(line)));
}

/** Gives quotes of files that have moved their new line numbers, where the quoted text stands in the file once. */
export function repairPages() {
  for (const page of pages()) {
    const text = read(page);
    const blocks = text.replaceAll(FENCE, (whole, language, source, quoted) => {
      const [, path] = LINES.exec(source) ?? [];
      if (path === undefined || !existsSync(`${root}${path}`)) return whole;
      const [before, ...others] = `\n${read(path)}`.split(`\n${quoted}`);
      if (others.length !== 1) return whole;
      const first = before.split('\n').length;
      const last = first + quoted.split('\n').length - 2;
      return `\`\`\`${language} ${path}:${first}${last > first ? `-${last}` : ''}\n${quoted}\`\`\``;
    });
    const repaired = blocks.replaceAll(LINE_LINK, (whole, shown, link, first, last) => {
      const path = targetOf(page, link);
      if (!existsSync(`${root}${path}`)) return whole;
      const places = read(path)
        .split('\n')
        .flatMap((line, at) => (line.includes(nameIn(shown)) ? [at + 1] : []));
      const inside = places.some((line) => line >= Number(first) && line <= Number(last ?? first));
      if (inside || places.length === 0) return whole;
      const nearest = places.sort((a, b) => Math.abs(a - first) - Math.abs(b - first))[0];
      return `[\`${shown}\`](${link}#L${nearest})`;
    });
    if (repaired !== text) writeFileSync(`${root}${page}`, repaired);
  }
  const wrong = wrongQuotes();
  for (const sentence of wrong) console.log(sentence);
  console.log(wrong.length === 0 ? 'every quote stands where the pages say' : `${wrong.length} quotes are wrong`);
  if (wrong.length > 0) process.exitCode = 1;
}
