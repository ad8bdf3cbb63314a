/**
 * What of the packages may ship. `provenance.json` names each morph target that equals a file which its owners released
 * under CC0 1.0, and the targets and pieces that are left out, each with the reason.
 */
import { readFileSync } from 'node:fs';

export const provenance = JSON.parse(readFileSync(new URL('provenance.json', import.meta.url), 'utf8'));

/** Throws unless the list of parts that may ship has this one. */
export function checkPart(name) {
  if (!provenance.parts.includes(name)) throw new Error(`${name} is not in the list of parts in provenance.json`);
}
