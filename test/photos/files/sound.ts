/** @file Pictures of public formats and what they show. */
import sharp, { type Sharp } from 'sharp';
import { chunk, makePng, type PngKind } from './png.ts';

export const [WIDTH, HEIGHT] = [40, 24];

type Rgba = readonly [number, number, number, number];

/** What every file shows unless it says otherwise: smooth, so that losses are small, and different at each corner. */
export const scene = (x: number, y: number): Rgba => [40 + 4 * x, 30 + 8 * y, 200 - 2 * x - 3 * y, 255];
/** The same, half transparent at the left. */
const clear = (x: number, y: number): Rgba => [
  ...(scene(x, y).slice(0, 3) as [number, number, number]),
  x < 20 ? 128 : 255,
];

/** A file that has to be decoded. */
export interface SoundFile {
  readonly name: string;
  readonly make: () => Promise<Uint8Array> | Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly shows: (x: number, y: number) => Rgba;
  /** The largest error of a sample. */
  readonly within: number;
}

const file = (name: string, make: SoundFile['make'], within: number, rest: Partial<SoundFile> = {}): SoundFile => ({
  ...{ name, make, width: WIDTH, height: HEIGHT, shows: scene, within },
  ...rest,
});

/** The scene as sharp takes it. */
function raw(shows: (x: number, y: number) => Rgba = scene, frames = 1): Sharp {
  const data = new Uint8Array(WIDTH * HEIGHT * 4 * frames);
  for (let y = 0; y < HEIGHT * frames; y++)
    for (let x = 0; x < WIDTH; x++) {
      const here = shows(x, y % HEIGHT);
      data.set(y < HEIGHT ? here : [0, 255, 0, 255], 4 * (y * WIDTH + x)); // later frames are green
    }
  const pageHeight = frames > 1 ? { pageHeight: HEIGHT } : {};
  const image = sharp(data, { raw: { width: WIDTH, height: HEIGHT * frames, channels: 4, ...pageHeight } });
  return shows === scene ? image.removeAlpha() : image;
}

const grey = (x: number, y: number): Rgba => {
  const value = 110 + 2 * x + 2 * y; // bright enough for inks
  return [value, value, value, 255];
};

/** Where a pixel of a picture under an EXIF orientation comes from in the upright one: TIFF 6.0, tag 274. */
const ORIENTATIONS: readonly ((x: number, y: number) => readonly [number, number])[] = [
  (x, y) => [x, y],
  (x, y) => [WIDTH - 1 - x, y],
  (x, y) => [WIDTH - 1 - x, HEIGHT - 1 - y],
  (x, y) => [x, HEIGHT - 1 - y],
  (x, y) => [y, x],
  (x, y) => [y, HEIGHT - 1 - x],
  (x, y) => [WIDTH - 1 - y, HEIGHT - 1 - x],
  (x, y) => [WIDTH - 1 - y, x],
];

/** A file whose stored pixels are the scene, and that says how to turn them. */
const turned = (name: string, orientation: number, make: (image: Sharp) => Sharp, within: number): SoundFile => {
  const from = ORIENTATIONS[orientation - 1] as (typeof ORIENTATIONS)[number];
  const shows = (x: number, y: number) => scene(...from(x, y));
  const size = orientation > 4 ? { width: HEIGHT, height: WIDTH } : {};
  const image = () => make(raw().withMetadata({ orientation })).toBuffer();
  return file(`${name}-turned-${orientation}`, image, within, { shows, ...size });
};

const scaled = (value: number, depth: number): number => Math.round((value * (2 ** depth - 1)) / 255);

/** The samples of each PNG colour type, from the colours of a pixel. */
const PNG_TYPES: readonly (readonly [
  type: number,
  depths: readonly number[],
  pick: (pixel: Rgba) => readonly number[],
])[] = [
  [0, [1, 2, 4, 8, 16], ([r]) => [r]],
  [2, [8, 16], ([r, g, b]) => [r, g, b]],
  [4, [8, 16], ([r, , , a]) => [r, a]],
  [6, [8, 16], (pixel) => pixel],
];

/** Every colour type and depth, plain and interlaced. */
function pngKinds(): SoundFile[] {
  return PNG_TYPES.flatMap(([colorType, depths, pick]) =>
    depths.flatMap((depth) =>
      [false, true].map((interlaced) => {
        const shown = colorType >= 4 ? clear : scene;
        const stored = (x: number, y: number) => pick(shown(x, y)).map((value) => scaled(value, depth));
        const shows = (x: number, y: number): Rgba => {
          const values = stored(x, y).map((value) => (255 * value) / (2 ** depth - 1)) as [
            number,
            number,
            number,
            number,
          ];
          const [first, second] = values;
          if (colorType === 0) return [first, first, first, 255];
          if (colorType === 4) return [first, first, first, second];
          return colorType === 2 ? [values[0], values[1], values[2], 255] : values;
        };
        const name = `type-${colorType}-${depth}-bits${interlaced ? '-interlaced' : ''}.png`;
        const make = () => makePng({ width: WIDTH, height: HEIGHT, depth, colorType, interlaced, samples: stored });
        return file(name, make, depth === 16 ? 1 : 0.51, { shows });
      }),
    ),
  );
}

/** Palettes of 1 to 8 bits, plain and interlaced, the first colour transparent. */
function palettes(): SoundFile[] {
  return [1, 2, 4, 8].flatMap((depth) =>
    [false, true].map((interlaced) => {
      const colours = Array.from({ length: 2 ** depth }, (_, k) => [(k * 37) & 255, 255 - k, (k * 91) & 255] as const);
      const index = (x: number, y: number) => (x + 3 * y) % colours.length;
      const before = [chunk('PLTE', Buffer.from(colours.flat())), chunk('tRNS', Buffer.of(64))];
      const kind: PngKind = {
        ...{ width: WIDTH, height: HEIGHT, depth, colorType: 3, interlaced, before },
        samples: (x, y) => [index(x, y)],
      };
      const shows = (x: number, y: number): Rgba => {
        const k = index(x, y);
        return [...(colours[k] as readonly [number, number, number]), k === 0 ? 64 : 255];
      };
      return file(`palette-${depth}-bits${interlaced ? '-interlaced' : ''}.png`, () => makePng(kind), 0, { shows });
    }),
  );
}

/** Colours that a tRNS chunk makes transparent. */
function colourKeys(): SoundFile[] {
  const keyed = (name: string, depth: number, colorType: number, key: readonly number[]): SoundFile => {
    const samples = (x: number, y: number) =>
      scene(x, y)
        .slice(0, key.length)
        .map((value) => scaled(value, depth));
    const before = [chunk('tRNS', Buffer.from(key.flatMap((value) => [value >> 8, value & 255])))];
    const shows = (x: number, y: number): Rgba => {
      const [r, g, b] = scene(x, y);
      const gone = samples(x, y).every((value, k) => value === key[k]);
      return key.length === 1 ? [r, r, r, gone ? 0 : 255] : [r, g, b, gone ? 0 : 255];
    };
    const make = () => makePng({ width: WIDTH, height: HEIGHT, depth, colorType, samples, before });
    return file(name, make, depth === 16 ? 1 : 0, { shows });
  };
  const [r, g, b] = scene(7, 5);
  return [
    keyed('colour-key.png', 8, 2, [r, g, b]),
    keyed('colour-key-16-bits.png', 16, 2, [257 * r, 257 * g, 257 * b]),
    keyed('grey-key.png', 8, 0, [r]),
  ];
}

const plain: PngKind = {
  ...{ width: WIDTH, height: HEIGHT, depth: 8, colorType: 2 },
  samples: (x, y) => scene(x, y).slice(0, 3),
};

/** What makes an animation of a PNG file: one frame that runs without an end. */
const animation = chunk('acTL', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
/** Frame 0 of the whole picture from (0, 0), for a tenth of a second, in place of what is there. */
const onlyFrame = chunk(
  'fcTL',
  Buffer.from([[0, WIDTH, HEIGHT, 0, 0].flatMap((value) => [0, 0, 0, value]), [0, 1, 0, 10, 0, 0]].flat()),
);

const behind = async (bytes: Promise<Uint8Array>): Promise<Uint8Array> =>
  Buffer.concat([await bytes, Buffer.from('what a messenger appended '.repeat(99))]);

/** Inks do not reach every colour: libvips' own way to them and back loses 15 levels of a bright grey. */
const INKS = 16;

const others: readonly SoundFile[] = [
  file('many-parts.png', () => makePng({ ...plain, parts: 40 }), 0),
  file(
    'unknown-parts.png',
    () => makePng({ ...plain, before: [chunk('tEXt', Buffer.from('a\0b')), chunk('quUx', Buffer.of(1))] }),
    0,
  ),
  file('bytes-behind.png', () => behind(Promise.resolve(makePng(plain))), 0),
  file('display-p3.png', () => raw().withIccProfile('p3').png().toBuffer(), 2),
  file('one-pixel.png', () => makePng({ ...plain, width: 1, height: 1 }), 0, { width: 1, height: 1 }),
  file('animated.png', () => makePng({ ...plain, before: [animation, onlyFrame] }), 0),
  file('baseline.jpg', () => raw().jpeg({ quality: 95 }).toBuffer(), 8),
  file('progressive.jpg', () => raw().jpeg({ quality: 95, progressive: true }).toBuffer(), 8),
  file('full-colour.jpg', () => raw().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), 3),
  file('mozjpeg.jpg', () => raw().jpeg({ quality: 95, mozjpeg: true }).toBuffer(), 8),
  file('grey.jpg', () => raw(grey).removeAlpha().toColourspace('b-w').jpeg({ quality: 98 }).toBuffer(), 4, {
    shows: grey,
  }),
  file('cmyk.jpg', () => raw(grey).removeAlpha().toColourspace('cmyk').jpeg({ quality: 98 }).toBuffer(), INKS, {
    shows: grey,
  }),
  file('display-p3.jpg', () => raw().withIccProfile('p3').jpeg({ quality: 98 }).toBuffer(), 9),
  file('bytes-behind.jpg', () => behind(raw().jpeg({ quality: 95 }).toBuffer()), 8),
  file('named-png-but-is.jpg.png', () => raw().jpeg({ quality: 95 }).toBuffer(), 8),
  file('lossy.webp', () => raw().webp({ quality: 98 }).toBuffer(), 9),
  file('lossless.webp', () => raw().webp({ lossless: true }).toBuffer(), 0),
  file('alpha.webp', () => raw(clear).webp({ lossless: true }).toBuffer(), 0, { shows: clear }),
  file('lossy-alpha.webp', () => raw(clear).webp({ quality: 98 }).toBuffer(), 14, { shows: clear }),
  file('animated.webp', () => raw(scene, 3).webp({ lossless: true }).toBuffer(), 0),
  file('display-p3.webp', () => raw().withIccProfile('p3').webp({ lossless: true }).toBuffer(), 2),
  file('lossy.avif', () => raw().avif({ quality: 90 }).toBuffer(), 6),
  file('lossless.avif', () => raw().avif({ lossless: true }).toBuffer(), 1),
  file('half-colour.avif', () => raw().avif({ quality: 90, chromaSubsampling: '4:2:0' }).toBuffer(), 9),
  file('alpha.avif', () => raw(clear).avif({ quality: 95 }).toBuffer(), 9, { shows: clear }),
  file('plain.gif', () => raw().gif({ dither: 0 }).toBuffer(), 26),
  file('animated.gif', () => raw(scene, 3).gif({ dither: 0 }).toBuffer(), 26),
  file('plain.tif', () => raw().tiff({ compression: 'none' }).toBuffer(), 0),
  file('lzw.tif', () => raw().tiff({ compression: 'lzw', predictor: 'horizontal' }).toBuffer(), 0),
  file('deflate.tif', () => raw().tiff({ compression: 'deflate' }).toBuffer(), 0),
  file('jpeg.tif', () => raw().tiff({ compression: 'jpeg', quality: 95 }).toBuffer(), 9),
  file('tiled.tif', () => raw().tiff({ compression: 'lzw', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(), 0),
  file('big.tif', () => raw().tiff({ compression: 'lzw', bigtiff: true }).toBuffer(), 0),
  file('alpha.tif', () => raw(clear).tiff({ compression: 'lzw' }).toBuffer(), 0, { shows: clear }),
  file('16-bits.tif', () => raw().toColourspace('rgb16').tiff({ compression: 'lzw' }).toBuffer(), 1),
  file('cmyk.tif', () => raw(grey).removeAlpha().toColourspace('cmyk').tiff({ compression: 'lzw' }).toBuffer(), INKS, {
    shows: grey,
  }),
];

/** All sound files. */
export const soundFiles: readonly SoundFile[] = [
  ...pngKinds(),
  ...palettes(),
  ...colourKeys(),
  ...others,
  ...ORIENTATIONS.map((_, k) => turned('camera.jpg', k + 1, (image) => image.jpeg({ quality: 95 }), 8)),
  ...ORIENTATIONS.map((_, k) => turned('camera.webp', k + 1, (image) => image.webp({ lossless: true }), 0)),
  turned('camera.png', 8, (image) => image.png(), 0),
  turned('camera.tif', 3, (image) => image.tiff({ compression: 'lzw' }), 0),
  turned('camera.avif', 6, (image) => image.avif({ lossless: true }), 1),
];
