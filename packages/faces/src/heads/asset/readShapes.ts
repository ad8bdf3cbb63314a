/** @file The geometry of the head asset from its file. */
import { FileError } from '@visage/gpu';
import { type HeadPart, type MorphTargets, type PartKind, partKinds } from './headAsset.ts';
import { type Container, openContainer } from './sections.ts';
import { hasSection, unpackNumbers } from './unpack.ts';

/** What the file of shapes holds. */
export interface HeadShapes {
  readonly base: Float32Array;
  readonly targets: MorphTargets;
  readonly parts: readonly HeadPart[];
  readonly landmarks: Uint16Array;
  readonly occlusion: readonly Uint8Array[];
  readonly growth: Uint8Array;
}

/** Numbers of a file in units of 10⁻⁵, for weights and offsets, which lie within this many units. */
const MILLION = 1_000_000;

/** A list of names in the header. */
function namesOf({ file, facts }: Container, key: string): string[] {
  const list = facts[key];
  if (!Array.isArray(list) || list.length > 4096 || !list.every((name) => typeof name === 'string')) {
    throw new FileError(file, `is a damaged head asset: ${key} in its header must be a list of names`);
  }
  return list;
}

/** Kind and name of each part, in the order of the kinds. */
function partList(container: Container): { kind: PartKind; name: string }[] {
  const wrong = (what: string) => new FileError(container.file, `is a damaged head asset: ${what}`);
  const parts = namesOf(container, 'parts').map((path) => {
    const [kind, name, ...rest] = path.split('/');
    const known = partKinds.find((each) => each === kind);
    if (!known || !name || rest.length > 0) throw wrong(`${path} is no name of a part`);
    return { kind: known, name };
  });
  partKinds.forEach((kind, k) => {
    const count = parts.filter((part) => part.kind === kind).length;
    const isOne = k < 4;
    if (count < 1 || (isOne && count > 1)) throw wrong(`it has ${count} parts ${kind}, expected one`);
  });
  const order = parts.map(({ kind }) => partKinds.indexOf(kind));
  if (order.some((place, k) => place < (order[k - 1] ?? 0))) throw wrong('its parts are not in the order of the kinds');
  return parts;
}

/** How the points of a part follow the base mesh; points that are base vertices keep neither weights nor offsets. */
async function readFit(container: Container, at: string, baseCount: number) {
  const isDirect = !hasSection(container, `${at}.weights`);
  const columns = isDirect ? 1 : 3;
  const stored = await unpackNumbers(container, `${at}.refs`, columns, [0, baseCount - 1]);
  const points = stored.length / columns;
  const refs = Uint16Array.from({ length: 3 * points }, (_, i) => stored[isDirect ? Math.floor(i / 3) : i] ?? 0);
  const weights = new Float32Array(3 * points);
  const offsets = new Float32Array(3 * points);
  if (isDirect) {
    for (let k = 0; k < points; k++) weights[3 * k] = 1;
    return { refs, weights, offsets };
  }
  const pairs = await unpackNumbers(container, `${at}.weights`, 2, [-MILLION, MILLION]);
  const moves = await unpackNumbers(container, `${at}.offsets`, 3, [-MILLION, MILLION]);
  if (pairs.length !== 2 * points || moves.length !== 3 * points) {
    throw new FileError(container.file, `is a damaged head asset: ${at} does not have ${points} weights and offsets`);
  }
  for (let k = 0; k < points; k++) {
    const [first, second] = [pairs[2 * k] ?? 0, pairs[2 * k + 1] ?? 0];
    weights.set([first / 1e5, second / 1e5, (1e5 - first - second) / 1e5], 3 * k);
  }
  offsets.set(moves.map((move) => move / 1e5));
  return { refs, weights, offsets };
}

/** One part. */
async function readPart(container: Container, kind: PartKind, name: string, baseCount: number): Promise<HeadPart> {
  const at = `${kind}/${name}`;
  const fit = await readFit(container, at, baseCount);
  const vertex = Uint16Array.from(await unpackNumbers(container, `${at}.vertex`, 1, [0, fit.refs.length / 3 - 1]));
  const uv = Float32Array.from(await unpackNumbers(container, `${at}.uv`, 2, [0, 65535]), (x) => x / 65535);
  if (uv.length !== 2 * vertex.length) {
    throw new FileError(container.file, `is a damaged head asset: ${at} needs a place in the texture per vertex`);
  }
  const corners = await unpackNumbers(container, `${at}.triangles`, 3, [0, vertex.length - 1]);
  return { kind, name, ...fit, vertex, uv, triangles: Uint16Array.from(corners) };
}

/** The morph targets. */
async function readTargets(container: Container, baseCount: number): Promise<MorphTargets> {
  const names = namesOf(container, 'targets');
  const counts = await unpackNumbers(container, 'targets.counts', 1, [0, baseCount]);
  const index = Uint16Array.from(await unpackNumbers(container, 'targets.index', 1, [0, baseCount - 1]));
  const delta = Int16Array.from(await unpackNumbers(container, 'targets.delta', 3, [-32768, 32767]));
  const start = new Uint32Array(names.length + 1);
  counts.forEach((count, k) => {
    start[k + 1] = (start[k] ?? 0) + count;
  });
  if (counts.length !== names.length || start[names.length] !== index.length || delta.length !== 3 * index.length) {
    throw new FileError(container.file, 'is a damaged head asset: counts, indices and moves of its targets do not fit');
  }
  return { names, start, index, delta };
}

/** Points whose occlusion one row holds: the fixed parts, the first brows and lashes, and one style of hair or none. */
function occludedPoints(parts: readonly HeadPart[], hair: HeadPart | undefined): number {
  const first = partKinds.slice(0, 6).map((kind) => parts.find((part) => part.kind === kind));
  return [...first, hair].reduce((sum, part) => sum + (part ? part.refs.length / 3 : 0), 0);
}

/** The rows of ambient occlusion: bald, then each style of hair. */
async function readOcclusion(container: Container, parts: readonly HeadPart[]): Promise<Uint8Array[]> {
  const styles = [undefined, ...parts.filter((part) => part.kind === 'hair')];
  const rows: Uint8Array[] = [];
  for (const hair of styles) {
    const name = hair?.name ?? 'bald';
    const row = Uint8Array.from(await unpackNumbers(container, `occlusion.${name}`, 1, [0, 255]));
    const points = occludedPoints(parts, hair);
    if (row.length !== points) {
      const what = `its occlusion of ${name} has ${row.length} points, expected ${points}`;
      throw new FileError(container.file, `is a damaged head asset: ${what}`);
    }
    rows.push(row);
  }
  return rows;
}

/** How far identities move the points of the body. */
async function readGrowth(container: Container, parts: readonly HeadPart[]): Promise<Uint8Array> {
  const growth = Uint8Array.from(await unpackNumbers(container, 'growth', 1, [0, 255]));
  const points = (parts.find(({ kind }) => kind === 'body')?.refs.length ?? 0) / 3;
  if (growth.length === points) return growth;
  const what = `its growth has ${growth.length} points, expected ${points}`;
  throw new FileError(container.file, `is a damaged head asset: ${what}`);
}

/**
 * The geometry in a file of shapes.
 *
 * @throws FileError if the file is damaged.
 */
export async function readShapes(file: string, bytes: Uint8Array): Promise<HeadShapes> {
  const container = openContainer(file, bytes);
  const base = Float32Array.from(await unpackNumbers(container, 'base', 3, [-MILLION, MILLION]), (x) => x / 1e4);
  const count = base.length / 3;
  if (count < 1 || count > 65536) {
    throw new FileError(file, `is a damaged head asset: its base has ${count} vertices, expected 1 to 65536`);
  }
  const parts: HeadPart[] = [];
  for (const { kind, name } of partList(container)) parts.push(await readPart(container, kind, name, count));
  const landmarks = Uint16Array.from(await unpackNumbers(container, 'landmarks', 1, [0, count - 1]));
  if (landmarks.length !== 68) {
    throw new FileError(file, `is a damaged head asset: it has ${landmarks.length} landmarks, expected 68`);
  }
  const targets = await readTargets(container, count);
  const growth = await readGrowth(container, parts);
  return { base, targets, parts, landmarks, occlusion: await readOcclusion(container, parts), growth };
}
