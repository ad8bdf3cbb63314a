/** @file The textures of the head asset from their file. */
import { FileError } from '@visage/gpu';
import type { HeadAsset, TextureLayers } from './headAsset.ts';
import { type Container, openContainer } from './sections.ts';
import { unpackNumbers, unpackPlanes } from './unpack.ts';

type Textures = HeadAsset['textures'];
type LayersName = { [K in keyof Textures]: Textures[K] extends TextureLayers ? K : never }[keyof Textures];

/** What the header says of a set of layers. */
interface LayersFacts {
  readonly names: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly steps: readonly number[];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most;

/** Names, size and units of a set of layers, checked. */
function factsOf({ file, facts }: Container, name: LayersName, channels: number): LayersFacts {
  const all = facts.layers;
  const value = isRecord(all) ? all[name] : undefined;
  const isGood =
    isRecord(value) &&
    Array.isArray(value.names) &&
    isWhole(value.names.length, 1, 256) &&
    value.names.every((each) => typeof each === 'string') &&
    isWhole(value.height, 1, 2048) &&
    isWhole(value.width, 1, 2048) &&
    value.channels === channels &&
    Array.isArray(value.steps) &&
    value.steps.length === channels &&
    value.steps.every((step) => isWhole(step, 1, 16));
  if (!isGood) {
    const what = `its header must give the layers ${name} names, a size up to 2048 and ${channels} channels`;
    throw new FileError(file, `is a damaged head asset: ${what}`);
  }
  return value as unknown as LayersFacts;
}

/** Layers of one or two channels: a plane each, in units of `steps`. */
async function readPlain(container: Container, name: LayersName, facts: LayersFacts): Promise<Uint8Array> {
  const { names, height, width, channels, steps } = facts;
  const bytes = new Uint8Array(names.length * height * width * channels);
  for (let c = 0; c < channels; c++) {
    const plane = await unpackPlanes(container, `${name}.${c}`, [names.length, height, width]);
    const step = steps[c] ?? 1;
    for (let i = 0; i < plane.length; i++) bytes[i * channels + c] = Math.min(255, (plane[i] ?? 0) * step);
  }
  return bytes;
}

/** A plane of half the size, enlarged bilinearly; pixels of the small plane lie in the middle of their blocks. */
function enlarge(plane: Uint8Array, layers: number, height: number, width: number): Float32Array {
  const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const out = new Float32Array(layers * height * width);
  for (let layer = 0; layer < layers; layer++) {
    for (let y = 0; y < height; y++) {
      const row = (layer * rows + (y >> 1)) * columns;
      const other = (layer * rows + Math.min(rows - 1, Math.max(0, (y >> 1) + (y % 2 === 0 ? -1 : 1)))) * columns;
      for (let x = 0; x < width; x++) {
        const near = x >> 1;
        const far = Math.min(columns - 1, Math.max(0, near + (x % 2 === 0 ? -1 : 1)));
        const here = 3 * (plane[row + near] ?? 0) + (plane[row + far] ?? 0);
        const there = 3 * (plane[other + near] ?? 0) + (plane[other + far] ?? 0);
        out[(layer * height + y) * width + x] = (3 * here + there) / 16;
      }
    }
  }
  return out;
}

const toByte = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));

/**
 * Layers of three channels: a plane of brightness Y = (R + 2 G + B) / 4 and, at half the size, planes of (B − Y) / 2
 * and (R − Y) / 2 about 128.
 */
async function readColour(container: Container, name: LayersName, facts: LayersFacts): Promise<Uint8Array> {
  const { names, height, width } = facts;
  const layers = names.length;
  const half = [layers, Math.ceil(height / 2), Math.ceil(width / 2)] as const;
  const bright = await unpackPlanes(container, `${name}.0`, [layers, height, width]);
  const blue = enlarge(await unpackPlanes(container, `${name}.1`, half), layers, height, width);
  const red = enlarge(await unpackPlanes(container, `${name}.2`, half), layers, height, width);
  const bytes = new Uint8Array(bright.length * 3);
  for (let i = 0; i < bright.length; i++) {
    const y = bright[i] ?? 0;
    const [r, b] = [y + 2 * ((red[i] ?? 128) - 128), y + 2 * ((blue[i] ?? 128) - 128)];
    bytes[3 * i] = toByte(r);
    bytes[3 * i + 1] = toByte(2 * y - (r + b) / 2);
    bytes[3 * i + 2] = toByte(b);
  }
  return bytes;
}

/** One set of layers. */
async function readLayers(container: Container, name: LayersName, channels: number): Promise<TextureLayers> {
  const facts = factsOf(container, name, channels);
  const { names, height, width } = facts;
  const bytes = await (channels === 3 ? readColour : readPlain)(container, name, facts);
  return { names, height, width, channels, bytes };
}

/** The part of the body's texture that the skins hold. */
function windowOf({ file, facts }: Container): Textures['skinWindow'] {
  const value = facts.skinWindow;
  const inside = (x: unknown) => typeof x === 'number' && x >= 0 && x <= 1;
  if (
    !Array.isArray(value) ||
    value.length !== 4 ||
    !value.every(inside) ||
    value[0] >= value[2] ||
    value[1] >= value[3]
  ) {
    throw new FileError(file, 'is a damaged head asset: skinWindow must be left, top, right and bottom from 0 to 1');
  }
  return [value[0], value[1], value[2], value[3]];
}

/**
 * The textures in their file.
 *
 * @throws FileError if the file is damaged.
 */
export async function readTextures(file: string, bytes: Uint8Array): Promise<Textures> {
  const container = openContainer(file, bytes);
  const environments = await readLayers(container, 'environments', 3);
  const light = await unpackNumbers(container, 'irradiance', 27, [-1e9, 1e9]);
  if (light.length !== 27 * environments.names.length) {
    throw new FileError(
      file,
      `is a damaged head asset: it needs the irradiance of ${environments.names.length} environments`,
    );
  }
  return {
    skinWindow: windowOf(container),
    skins: await readLayers(container, 'skins', 3),
    hair: await readLayers(container, 'hair', 2),
    brows: await readLayers(container, 'brows', 2),
    lashes: await readLayers(container, 'lashes', 1),
    irises: await readLayers(container, 'irises', 3),
    mouth: await readLayers(container, 'mouth', 3),
    environments,
    irradiance: Float32Array.from(light, (x) => x / 1e6),
  };
}
