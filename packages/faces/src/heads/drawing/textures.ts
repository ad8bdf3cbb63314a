/**
 * @file The textures of heads as words of a storage buffer, with pyramids: kernels/heads/texture.wgsl reads them. A
 * pyramid is built once, when a device gets the asset.
 */
import type { Constant } from '@visage/gpu';
import type { HeadAsset, TextureLayers } from '../asset/headAsset.ts';

/** How the bytes of layers become texels. */
type Coding = 'bytes' | 'radiance';

const MOST_LEVELS = 8;

/** One level: values [height, width, channels], linear in what is averaged. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Half as wide and high, rounded down: means of 2 x 2 values. */
function halved({ width, height, values }: Picture, channels: number): Picture {
  const [w, h] = [width >> 1, height >> 1];
  const out = new Float32Array(w * h * channels);
  const row = width * channels;
  for (let y = 0; y < h; y++) {
    let to = y * w * channels;
    for (let x = 0, at = 2 * y * row; x < w; x++, at += channels) {
      for (let c = 0; c < channels; c++, at++) {
        const below = at + row;
        out[to++] = 0.25 * (values[at]! + values[at + channels]! + values[below]! + values[below + channels]!);
      }
    }
  }
  return { width: w, height: h, values: out };
}

const brightest = 40;
const darkest = 0.01;
const radianceOf = Float32Array.from(
  { length: 256 },
  (_, byte) => darkest * ((1 + brightest / darkest) ** (byte / 255) - 1),
);

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/** 2^(24 − exponent) for each exponent of five bits, and for one more. */
const scales = Float64Array.from({ length: 33 }, (_, exponent) => 2 ** (24 - exponent));

/** Three mantissas of nine bits and an exponent of five: (r, g, b) 2^(exponent − 24). */
export function sharedExponent(r: number, g: number, b: number): number {
  float[0] = Math.max(r, g, b);
  let exponent = Math.max(0, (floatBits[0]! >>> 23) - 111); // of the bits: ⌊log2⌋ + 127
  if (Math.round(float[0]! * scales[exponent]!) > 511) exponent++;
  const scale = scales[exponent]!;
  const mantissas = Math.round(r * scale) | (Math.round(g * scale) << 9) | (Math.round(b * scale) << 18);
  return (mantissas | (exponent << 27)) >>> 0;
}

function writeLevel(words: Uint32Array, start: number, { values }: Picture, channels: number, coding: Coding): number {
  const count = values.length / channels;
  if (coding === 'radiance')
    for (let k = 0, at = 0; k < count; k++, at += channels)
      words[start + k] = sharedExponent(values[at]!, values[at + 1]!, values[at + 2]!);
  else
    for (let k = 0, at = 0; k < count; k++) {
      let word = 0;
      for (let c = 0; c < channels; c++, at++) word |= (values[at]! + 0.5) << (8 * c); // bytes: the shift cuts
      words[start + k] = word;
    }
  return start + count;
}

/** Words that a layer takes with all levels of its pyramid. */
function wordsOf(width: number, height: number): number {
  let sum = 0;
  for (let k = 0; k < MOST_LEVELS && Math.min(width >> k, height >> k) > 0; k++) sum += (width >> k) * (height >> k);
  return sum;
}

function writeLayers(words: Uint32Array, start: number, layers: TextureLayers, coding: Coding): void {
  const { width, height, channels, bytes, names } = layers;
  const area = width * height * channels;
  let at = start;
  for (let layer = 0; layer < names.length; layer++) {
    const coded = bytes.subarray(layer * area, (layer + 1) * area);
    const values = new Float32Array(coded);
    if (coding === 'radiance') for (let k = 0; k < area; k++) values[k] = radianceOf[coded[k]!]!;
    let level: Picture = { width, height, values };
    for (let k = 0; k < MOST_LEVELS && Math.min(level.width, level.height) > 0; k++) {
      at = writeLevel(words, at, level, channels, coding);
      level = halved(level, channels);
    }
  }
}

/** The texture words, and where each kind lies once the words begin at `first` of a buffer. */
export interface TextureWords {
  readonly words: Uint32Array;
  readonly constants: Readonly<Record<string, Constant>>;
}

/** Packs all textures of an asset. `first`: where in a buffer of u32 the words will lie. */
export function packTextures({ textures }: HeadAsset, first: number): TextureWords {
  const { skins, hair, brows, lashes, irises, mouth, environments } = textures;
  const kinds = { SKINS: skins, HAIR: hair, BROWS: brows, LASHES: lashes, IRISES: irises, MOUTH: mouth };
  const all: [string, TextureLayers][] = [...Object.entries(kinds), ['ENVIRONMENTS', environments]];
  const constants: Record<string, Constant> = {};
  let length = 0;
  for (const [name, { width, height, names }] of all) {
    const stride = wordsOf(width, height);
    Object.assign(constants, {
      [`${name}_START`]: first + length,
      [`${name}_WIDTH`]: width,
      [`${name}_HEIGHT`]: height,
      [`${name}_STRIDE`]: stride,
    });
    length += stride * names.length;
  }
  const words = new Uint32Array(length);
  for (const [name, layers] of all) {
    const start = (constants[`${name}_START`] as number) - first;
    writeLayers(words, start, layers, name === 'ENVIRONMENTS' ? 'radiance' : 'bytes');
  }
  return { words, constants };
}
