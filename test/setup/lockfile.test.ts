import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { missingPackages } from '../../scripts/setup/packages.mjs';

const test = suite('setup: package-lock.json');
const root = new URL('../../', import.meta.url);

interface LockEntry {
  version?: string;
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}
interface LockFile {
  readonly packages: Record<string, LockEntry>;
}
const read = (name: string): LockFile => JSON.parse(readFileSync(new URL(name, root), 'utf8'));
const lock = read('package-lock.json');
/** Of the packages that films alone need. */
const films = read('packages/photos/films/package-lock.json');

test('names no registry host', () => {
  for (const [path, entry] of [lock, films].flatMap(({ packages }) => Object.entries(packages))) {
    assert.not(
      /^[a-z+]+:/.test(entry.resolved ?? ''),
      `${path} is resolved to ${entry.resolved}; keep .npmrc's omit-lockfile-registry-resolved`,
    );
  }
});

// npm leaves out an optional package that the registry in use does not mirror, and `npm ci` then refuses the lock file
// everywhere.
test('has an entry for every optional package', () => {
  for (const { packages } of [lock, films])
    for (const [path, entry] of Object.entries(packages))
      for (const name of Object.keys(entry.optionalDependencies ?? {}))
        assert.ok(packages[`node_modules/${name}`]?.version, `${path} wants ${name}, which has no entry`);
});

test('a missing package is noticed, an optional one is not asked for', () => {
  const made = {
    packages: {
      '': {},
      'node_modules/typescript': { version: lock.packages['node_modules/typescript']?.version },
      'node_modules/uvu': { version: '0.0.0' },
      'node_modules/@scope/absent': { version: '1.0.0' },
      'node_modules/absent-binary': { version: '1.0.0', optional: true },
    },
  };
  assert.equal(missingPackages(root.pathname, made), ['uvu', '@scope/absent']);
});

test.run();
