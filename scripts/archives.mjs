/** Archives of packages, as npm's registry gives them, held to a hash. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** Runs a program; an error that ends with what it printed, unless its status is 0. */
export function run(program, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', timeout: 300_000 });
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

/** Fetches the archive of an npm package into the folder; its file name. */
export function packNpm({ name, version }, folder) {
  run('npm', ['pack', `${name}@${version}`, '--silent'], folder);
  return readdirSync(folder).find((file) => file.endsWith('.tgz'));
}

/** Throws unless the archive has the hash that a table names: npm's `integrity`, or `sha256` in hexadecimal. */
export function checkHash(archive, { sha256, integrity }) {
  const [algorithm, expected] = integrity ? ['sha512', integrity.slice(7)] : ['sha256', sha256];
  const got = createHash(algorithm)
    .update(readFileSync(archive))
    .digest(integrity ? 'base64' : 'hex');
  if (got !== expected) throw new Error(`its ${algorithm} is ${got}, expected ${expected}`);
}
