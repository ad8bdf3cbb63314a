/**
 * @file What the documentation names exists: files, folders and headings behind links, paths in code quotes and in
 * commands, and the names of functions, classes and fields in the map from the paper to the code.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('documentation');
const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const exists = (file: string): boolean => existsSync(join(root, file));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'kernels/gemm/README.md',
  ...['docs', 'docs/course'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

/**
 * A link of a page: what it shows, the file that it leads to from the root, and the heading there, each empty if there
 * is none.
 */
interface Link {
  readonly page: string;
  readonly shown: string;
  readonly file: string;
  readonly heading: string;
}

const links: readonly Link[] = pages.flatMap((page) =>
  [...read(page).matchAll(/\[([^\]]*)\]\((?![a-z]+:)([^)\s#]*)(?:#([^)\s]*))?\)/g)].map(
    ([, shown = '', target = '', heading = '']) => ({
      ...{ page, shown, heading },
      file: target === '' ? page : join(dirname(page), target),
    }),
  ),
);

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Fails with all that is missing, so that one run shows it. */
const nothing = (missing: readonly string[]): void => assert.is(missing.join('\n'), '');

test('links inside the repository lead to files and headings', () => {
  assert.ok(links.length > 200, `${links.length} links`);
  nothing(links.filter(({ file }) => !exists(file)).map(({ page, file }) => `${page} links to ${file}`));
  const headings = links.filter(({ file, heading }) => heading !== '' && file.endsWith('.md') && exists(file));
  const lost = headings.filter(({ file, heading }) => !anchorsOf(file).includes(heading));
  nothing(lost.map(({ page, file, heading }) => `${page} links to the heading ${heading} of ${file}`));
});

test('a link that shows the name of a file leads to that file', () => {
  const named = links.filter(({ shown }) => /^`[\w./-]+\.(ts|mjs|wgsl|py|md|html)`$/.test(shown));
  const elsewhere = named.filter(({ shown, file }) => basename(shown.slice(1, -1)) !== basename(file));
  nothing(elsewhere.map(({ page, shown, file }) => `${page} shows ${shown} and links to ${file}`));
});

test('paths in code quotes and commands are there', () => {
  const folders = '(?:packages|kernels|bench|examples|scripts|test|docs)';
  const path = new RegExp(`(?<![\\w./-])${folders}/[\\w./-]*[\\w/](?![\\w*<])`, 'g');
  let found = 0;
  for (const page of pages) {
    const quotes = [...read(page).matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([text]) => text);
    for (const [file] of quotes.flatMap((quote) => [...quote.matchAll(path)])) {
      if (/^kernels\/<|^bench\/peers\/dist$|^test\/golden\/$/.test(file)) continue; // made by a command
      found += 1;
      assert.ok(exists(file), `${page} names ${file}`);
    }
  }
  assert.ok(found > 30, `${found} paths`);
});

test('names that the map from the paper to the code links to a file stand in it', () => {
  let found = 0;
  for (const { page, shown, file } of links) {
    if (page !== 'docs/paper-to-code.md' || !file.endsWith('.ts')) continue;
    for (const [, name = ''] of shown.matchAll(/`([A-Za-z]\w*)[^`]*`/g)) {
      if (file.endsWith(`/${name}.ts`)) continue; // the file itself
      assert.match(read(file), new RegExp(`\\b${name}\\b`), `${page} looks for ${name} in ${file}`);
      found += 1;
    }
  }
  assert.ok(found > 20, `${found} names`);
});

test('every other name in the map stands somewhere in the sources', () => {
  const sources = ['packages', 'kernels', 'test/golden']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((file) => /\.(ts|wgsl|py)$/.test(file) && !/(^|[\\/])(node_modules|dist)[\\/]/.test(file));
  const words = new Set(sources.flatMap((file) => read(file).match(/[A-Za-z_]\w+/g) ?? []));
  const quoted = [...read('docs/paper-to-code.md').matchAll(/`([^`\n]+)`/g)].flatMap(
    ([, quote = '']) => quote.match(/[A-Za-z_]\w{2,}/g) ?? [],
  );
  assert.ok(quoted.length > 100, `${quoted.length} names`);
  nothing(quoted.filter((name) => !words.has(name)));
});

test.run();
