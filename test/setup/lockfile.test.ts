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
const lock: { packages: Record<string, LockEntry> } = JSON.parse(
  readFileSync(new URL('package-lock.json', root), 'utf8'),
);

test('names no registry host', () => {
  for (const [path, entry] of Object.entries(lock.packages)) {
    assert.not(
      /^[a-z+]+:/.test(entry.resolved ?? ''),
      `${path} is resolved to ${entry.resolved}; keep .npmrc's omit-lockfile-registry-resolved`,
    );
  }
});

// npm leaves out an optional package that the registry in use does not mirror, and `npm ci` then refuses the lock file
// everywhere.
test('has an entry for every optional package', () => {
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      assert.ok(lock.packages[`node_modules/${name}`]?.version, `${path} wants ${name}, which has no entry`);
    }
  }
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
