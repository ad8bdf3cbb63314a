/**
 * What of the packages may ship. `provenance.json` names each morph target that equals a file which its owners released
 * under CC0 1.0, and the targets and pieces that are left out, each with the reason.
 */
import { readFileSync } from 'node:fs';

export const provenance = JSON.parse(readFileSync(new URL('provenance.json', import.meta.url), 'utf8'));

/** The name of a target, such as `nose/nose-hump-lesshump`, from its path in the package. */
const nameOf = (path) => path.replace('data/targets/', '').replace('.target', '');

/**
 * The targets that ship, with their row in the package's sorted list.
 *
 * @param {readonly string[]} paths all targets of the package, sorted.
 * @returns {{ name: string, row: number }[]}
 */
export function targetsToShip(paths) {
  const rows = new Map(paths.map((path, row) => [nameOf(path), row]));
  return provenance.targets.map((name) => {
    const row = rows.get(name);
    if (row === undefined) throw new Error(`provenance.json names the target ${name}, which the package does not have`);
    return { name, row };
  });
}

/** Throws unless the list of parts that may ship has this one. */
export function checkPart(name) {
  if (!provenance.parts.includes(name)) throw new Error(`${name} is not in the list of parts in provenance.json`);
}
