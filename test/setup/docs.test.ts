/**
 * @file What the documentation names is there: files behind links, and in the map from the paper to the code every name
 * in the file that it points to.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('documentation');
const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

test('links inside the repository lead to files', () => {
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const file = join(dirname(page), target);
      assert.ok(existsSync(join(root, file)), `${page} links to ${file}`);
    }
  }
});

test('names that the map from the paper to the code links to a file stand in it', () => {
  const page = 'docs/paper-to-code.md';
  let found = 0;
  for (const [, names = '', target = ''] of read(page).matchAll(
    /\[((?:`[^`]+`(?: and )?)+)\]\(\.\.\/([^)\s#]+\.ts)\)/g,
  )) {
    for (const [, name = ''] of names.matchAll(/`([A-Za-z]\w*)[^`]*`/g)) {
      if (target.endsWith(`/${name}.ts`)) continue; // the file itself
      assert.match(read(target), new RegExp(`\\b${name}\\b`), `${page} looks for ${name} in ${target}`);
      found += 1;
    }
  }
  assert.ok(found > 20, `${found} names`);
});

test.run();
