/** Are the npm packages of package-lock.json installed, and if not, install them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`${file}: ${error.message}`, { cause: error });
  }
}

/**
 * The packages of `lock` (a parsed package-lock.json) that `root` lacks or has in another version. Optional packages
 * are left out: they are binaries for other platforms.
 */
export function missingPackages(root, lock) {
  const missing = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!path.includes('node_modules/') || entry.optional) continue;
    const installed = readJson(join(root, path, 'package.json'));
    const expected = entry.link ? lock.packages[entry.resolved]?.version : entry.version;
    if (installed?.version !== expected) missing.push(path.slice(path.lastIndexOf('node_modules/') + 13));
  }
  return missing;
}

/** Runs `npm ci` when a package is missing. Throws if npm fails. */
export function ensurePackages(root, { say, dryRun }) {
  const missing = missingPackages(root, readJson(join(root, 'package-lock.json')));
  if (missing.length === 0) return;
  const some = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', …' : '');
  say(`${missing.length} npm packages are missing (${some}). Installing them with: npm ci`);
  if (dryRun) return;
  // npm starts this script with its own settings in npm_config_*; a child npm reads them, so nothing is lost by the
  // hop.
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0)
    throw new Error('npm ci failed; its message stands above. Once that is solved, run the command again.');
}
