/** @file docs/kernels.md says what the kernels' headers and the variants say now. */
import { readdirSync, readFileSync } from 'node:fs';
import { kernelFamilies } from '@visage/gpu';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fillKernelPlaces, headerOf } from '../../bench/report/kernelTables.ts';

const page = readFileSync('docs/kernels.md', 'utf8');

test('the tables are not stale', () => {
  assert.ok(fillKernelPlaces(page) === page, 'docs/kernels.md is stale: npm run bench -- kernel-page');
});

test('every family and every folder has its place', () => {
  for (const { name } of kernelFamilies()) assert.ok(page.includes(`<!-- kernels variants ${name} -->`), name);
  const folders = readdirSync('kernels', { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== 'dist',
  ); // which a build leaves there
  for (const { name } of folders) assert.ok(page.includes(`<!-- kernels files ${name} -->`), name);
});

test('a stale row is written anew, and a place for nothing is an error', () => {
  const place = (name: string) => `<!-- kernels variants ${name} -->\nold\n<!-- end -->\n`;
  const text = fillKernelPlaces(place('permute'));
  assert.match(text, /\| `tiles` \| .*only for transpositions/);
  assert.match(text, /\| `by index` \| never \|/);
  assert.not.match(text, /old/);
  assert.throws(() => fillKernelPlaces(place('telepathy')), /no kernel family is called telepathy/);
});

test('a header is its first sentence and its dispatch', () => {
  const text = [
    '// Part: adds things:  y = a + b',
    '//',
    '// Layout    as they lie.',
    '// Dispatch  one invocation per',
    '//           pair. More follows.',
    '@compute',
  ].join('\n');
  assert.equal(headerOf(text), { part: true, says: 'adds things: y = a + b', dispatch: 'one invocation per pair' });
});

test.run();
