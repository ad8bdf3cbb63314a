/**
 * Bakes how far identities shift the outline of the body about its points: the largest max(0, m · n) + |m| / 4 over
 * many random people, with the move m = p − C of the joined head p from its carrier C, and the normal n of the mean
 * head. A move along the surface shifts an outline only as far as the two heads are bent apart, which the second term
 * is for. What lies around a point and moves with the identity, brows, lashes and eyeballs, counts too. The mask of a
 * swap is the window of the carrier, grown by these lengths.
 *
 *     node --import ./scripts/register.mjs scripts/heads/growth.mjs [draws = 10000]
 *
 * writes scripts/heads/growth.json, which scripts/heads/build.mjs puts into the asset. Bake anew, and build anew, when
 * targets, window or the spread of people change. 10,000 draws take some minutes on a software adapter.
 */
import { writeFileSync } from 'node:fs';
import { loadHeadAsset } from '@visage/faces/node';
import { useGpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { scope } from '@visage/tensor';
import { neighboursOf } from '../../packages/faces/src/heads/geometry/connections.ts';
import { followed, partWindows, windowsOf } from '../../packages/faces/src/heads/geometry/fields.ts';
import { HeadModel } from '../../packages/faces/src/heads/geometry/headModel.ts';
import { People } from '../../packages/faces/src/heads/people/people.ts';

/** Units of the list: a byte holds up to 1.275 dm. */
const PER_DECIMETRE = 200;
/** Added to every length, in these units: 0.02 dm for people that were not drawn. */
const MARGIN = 4;
const BATCH = 25;
/** Draws that the list is checked against, from other numbers. */
const CHECKED = 250;

const draws = Number(process.argv[2] ?? 10000);
if (!Number.isInteger(draws) || draws < BATCH)
  throw new Error(`growth.mjs: draws is ${process.argv[2]}, expected an integer from ${BATCH}`);
const gpu = useGpu(await startGpu());
const asset = await loadHeadAsset();
const [model, people] = [new HeadModel(asset, gpu), new People(asset, gpu)];
const body = asset.parts[0];
const windows = partWindows(body, windowsOf(asset));
const points = Array.from(windows.keys());
const inside = points.filter((k) => windows[k] > 0);

/** Points of brows, lashes and eyeballs with the nearest point of the window on the mean head. */
function followers() {
  const rest = (part, k) => followed(part, k, asset.base);
  const places = new Map(inside.map((k) => [k, rest(body, k)]));
  const distance = (q, k) => Math.hypot(...places.get(k).map((value, axis) => value - q[axis]));
  return asset.parts
    .filter(({ kind }) => ['brows', 'lashes', 'eyes'].includes(kind))
    .flatMap((part) =>
      Array.from({ length: part.refs.length / 3 }, (_, k) => {
        const q = rest(part, k);
        return { part, k, near: inside.reduce((best, v) => (distance(q, v) < distance(q, best) ? v : best)) };
      }),
    );
}

/** Normals of the mean head at the points of the body, not normalised: sums over triangles. */
function meanNormals() {
  const normals = new Float64Array(3 * points.length);
  for (let t = 0; t < body.triangles.length; t += 3) {
    const corners = [0, 1, 2].map((c) => body.vertex[body.triangles[t + c]]);
    const [a, b, c] = corners.map((k) => followed(body, k, asset.base));
    const [u, v] = [b, c].map((q) => q.map((value, axis) => value - a[axis]));
    const cross = [0, 1, 2].map((i) => u[(i + 1) % 3] * v[(i + 2) % 3] - u[(i + 2) % 3] * v[(i + 1) % 3]);
    for (const k of corners) for (let axis = 0; axis < 3; axis++) normals[3 * k + axis] += cross[axis];
  }
  return normals;
}
const normals = meanNormals();

/** How far a move of point k can shift an outline. */
function outwards(move, k) {
  const n = [0, 1, 2].map((axis) => normals[3 * k + axis]);
  const along = move.reduce((sum, value, axis) => sum + value * n[axis], 0) / Math.hypot(...n);
  return Math.max(0, along) + 0.25 * Math.hypot(...move);
}

/** The largest moves over `count` draws from number `first` on. */
async function largestMoves(first, count, around) {
  const moves = new Float64Array(points.length);
  for (let done = 0; done < count; done += BATCH) {
    const numbers = Uint32Array.from({ length: BATCH }, (_, k) => first + done + k);
    const heads = scope(
      () => model.shape(people.draw({ identities: numbers, attributes: numbers.map((n) => n + 7), level: 'M3' })).heads,
    );
    const values = await heads.floats();
    heads.dispose();
    for (let n = 0; n < BATCH; n++) addMoves(moves, values.subarray((8 * n * asset.base.length) / 3), around);
    if (done % 500 === 0) console.log(`${done} of ${count} draws`);
  }
  return moves;
}

function addMoves(moves, heads, around) {
  const vertices = asset.base.length / 3;
  const at = (head, vertex, axis) => heads[4 * (head * vertices + vertex) + axis];
  for (const k of inside) {
    const v = body.refs[3 * k];
    const move = outwards(
      [0, 1, 2].map((axis) => at(0, v, axis) - at(1, v, axis)),
      k,
    );
    if (move > moves[k]) moves[k] = move;
  }
  for (const { part, k, near } of around) {
    const own = [0, 1, 2].map((axis) =>
      [0, 1, 2].reduce(
        (sum, j) => sum + part.weights[3 * k + j] * at(0, part.refs[3 * k + j], axis),
        part.offsets[3 * k + axis],
      ),
    );
    const move = outwards(
      own.map((value, axis) => value - at(1, body.refs[3 * near], axis)),
      near,
    );
    if (move > moves[near]) moves[near] = move;
  }
}

const around = followers();
const moves = await largestMoves(1_000_000, draws, around);
// A point takes the largest of its neighbours: other people move it a little farther than those that were drawn.
const near = neighboursOf(body);
const bytes = Uint8Array.from(points, (k) =>
  windows[k] === 0 ? 0 : Math.min(255, MARGIN + Math.ceil(PER_DECIMETRE * Math.max(...near[k].map((j) => moves[j])))),
);
const others = await largestMoves(3_000_000, CHECKED, around);
const over = inside.map((k) => others[k] - bytes[k] / PER_DECIMETRE).filter((excess) => excess > 0);
const lengths = inside.map((k) => bytes[k] / PER_DECIMETRE).sort((a, b) => a - b);
const share = (x) => lengths[Math.floor(x * (lengths.length - 1))];
console.log(`${inside.length} points; median ${share(0.5)} dm, 90 % below ${share(0.9)}, largest ${share(1)}`);
console.log(`${over.length} points moved farther in ${CHECKED} other draws, by at most ${Math.max(0, ...over)} dm`);
const growth = Buffer.from(bytes).toString('base64');
writeFileSync(
  new URL('growth.json', import.meta.url),
  `${JSON.stringify({ draws, perDecimetre: PER_DECIMETRE, growth }, null, 2)}\n`,
);
gpu.destroy();
