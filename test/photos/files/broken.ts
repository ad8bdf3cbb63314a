/** @file Files that are no pictures, or damaged ones, and what has to be said about them. */
import { deflateSync } from 'node:zlib';
import { chunk, headerOf, pngOf } from './png.ts';
import { soundFiles } from './sound.ts';

/** A file that must not be decoded. */
export interface BrokenFile {
  readonly name: string;
  readonly make: () => Promise<Uint8Array> | Uint8Array;
  /** What the error says behind the name. */
  readonly says: RegExp;
}

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const padded = (text: string, length = 400): Buffer => Buffer.concat([latin(text), Buffer.alloc(length, 7)]);

const strangers: readonly (readonly [name: string, bytes: Uint8Array, says: RegExp])[] = [
  ['empty.jpg', Buffer.alloc(0), /^is empty$/],
  ['zeros.jpg', Buffer.alloc(5000), /begins with zeros/],
  [
    'noise.jpg',
    Buffer.from(Array.from({ length: 900 }, (_, k) => (k * k * 31 + 200) & 255)),
    /is not a JPEG, PNG, WebP/,
  ],
  ['text.jpg', latin('Dear diary, today I took no photograph.\n'.repeat(3)), /is a text/],
  ['page.jpg', latin('<!DOCTYPE html><html><body>404 Not Found</body></html>'), /is a web page/],
  ['pointer.jpg', latin('version https://git-lfs.github.com/spec/v1\noid sha256:12\n'), /git lfs pull/],
  ['drawing.svg', latin('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>'), /SVG document/],
  ['drawing.xml.svg', latin('\xef\xbb\xbf<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg/>'), /SVG document/],
  ['document.pdf', padded('%PDF-1.7\n'), /is a PDF document/],
  ['archive.zip', padded('PK\x03\x04'), /is a ZIP archive/],
  ['phone.heic', padded('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), /is a HEIC picture.*convert it/],
  ['phone-sequence.heic', padded('\0\0\0\x18ftypmsf1\0\0\0\0hevc'), /is a HEIC picture/],
  ['film.mp4', padded('\0\0\0\x18ftypisom\0\0\x02\0isomiso2avc1'), /is a film/],
  ['film.mov', padded('\0\0\0\x14ftypqt  \0\0\0\0qt  '), /is a film/],
  ['film.mkv', padded('\x1aE\xdf\xa3'), /is a film/],
  ['old.bmp', padded('BM\x36\x10\0\0\0\0\0\0\x36\0\0\0'), /is a BMP picture; convert it/],
  ['new.jxl', padded('\xff\x0a\xfa'), /is a JPEG XL picture/],
  ['boxed.jxl', padded('\0\0\0\x0cJXL \r\n\x87\n'), /is a JPEG XL picture/],
  ['scan.jp2', padded('\0\0\0\x0cjP  \r\n\x87\n'), /is a JPEG 2000 picture/],
  ['layers.psd', padded('8BPS\0\x01'), /is a Photoshop document/],
  ['favicon.ico', padded('\0\0\x01\0\x01\0'), /is an icon/],
  ['plain.ppm', padded('P6\n40 24\n255\n'), /PPM picture/],
];

/** Huge claims in small files: they have to be refused before memory is taken. */
const bombs: readonly BrokenFile[] = [
  {
    name: 'huge-header.png',
    make: () => pngOf(headerOf(60_000, 60_000, 8, 2), [chunk('IDAT', deflateSync(Buffer.alloc(1000)))]),
    says: /^is 60000 x 60000; pictures of up to 134217728 pixels can be read$/,
  },
  {
    name: 'largest-header.png',
    make: () => pngOf(headerOf(2 ** 31 - 1, 2 ** 31 - 1, 16, 6), [chunk('IDAT', deflateSync(Buffer.alloc(9)))]),
    says: /damaged PNG|up to 134217728 pixels/,
  },
  {
    name: 'bomb.png', // 10 x 10 pixels, whose data would unpack to 100 MB
    make: () => pngOf(headerOf(10, 10, 8, 0), [chunk('IDAT', deflateSync(Buffer.alloc(1e8, 9)))]),
    says: /damaged PNG/,
  },
  {
    name: 'huge-header.jpg',
    make: async () => patched(await sound('baseline.jpg'), '\xff\xc0', 5, [0xff, 0xdc, 0xff, 0xdc]),
    says: /^is 65500 x 65500; pictures of up to/,
  },
];

const sound = async (name: string): Promise<Uint8Array> => {
  const file = soundFiles.find((each) => each.name === name);
  if (!file) throw new Error(`there is no sound file ${name}`);
  return file.make();
};

/** Overwrites bytes some way behind a marker. */
function patched(bytes: Uint8Array, marker: string, behind: number, by: readonly number[]): Uint8Array {
  const out = Buffer.from(bytes);
  out.set(by, out.indexOf(marker, 0, 'latin1') + behind);
  return out;
}

/** Sound files that end early, after a share of their bytes. */
const truncated = ['baseline.jpg', 'progressive.jpg', 'many-parts.png', 'type-6-16-bits-interlaced.png', 'lossy.webp']
  .concat(['lossless.webp', 'lossy.avif', 'plain.gif', 'lzw.tif', 'tiled.tif'])
  .flatMap((name) =>
    [0.05, 0.5, 0.9].map((share): BrokenFile => {
      const make = async () => {
        const bytes = await sound(name);
        return bytes.subarray(0, Math.max(16, Math.floor(bytes.length * share)));
      };
      return { name: `first-${share}-of-${name}`, make, says: /^is a damaged (JPEG|PNG|WebP|AVIF|GIF|TIFF) picture/ };
    }),
  );

/** Files with one wrong thing in them. */
const damaged: readonly BrokenFile[] = [
  {
    name: 'wrong-checksum.png',
    make: async () => {
      const bytes = Buffer.from(await sound('many-parts.png'));
      const at = bytes.indexOf('IDAT', 0, 'latin1') + 5;
      bytes[at] = (bytes[at] as number) ^ 255;
      return bytes;
    },
    says: /^is a damaged PNG picture/,
  },
  { name: 'no-pixels.png', make: () => pngOf(headerOf(9, 9, 8, 2), []), says: /^is a damaged PNG picture/ },
  { name: 'no-width.png', make: () => pngOf(headerOf(0, 9, 8, 2), []), says: /^is a damaged PNG picture/ },
  {
    name: 'no-palette.png',
    make: () => pngOf(headerOf(9, 9, 8, 3), [chunk('IDAT', deflateSync(Buffer.alloc(90)))]),
    says: /PNG/,
  },
  { name: 'only-magic.jpg', make: () => Buffer.from([0xff, 0xd8, 0xff]), says: /^is a damaged JPEG picture/ },
  { name: 'only-magic.webp', make: () => latin('RIFF\x10\0\0\0WEBPVP8 '), says: /^is a damaged WebP picture/ },
  {
    name: 'only-magic.avif',
    make: () => padded('\0\0\0\x18ftypavif\0\0\0\0mif1avif'),
    says: /^is a damaged AVIF picture/,
  },
  { name: 'only-magic.tif', make: () => padded('II*\0'), says: /^is a damaged TIFF picture/ },
  { name: 'circle.tif', make: () => latin('II*\0\x08\0\0\0\0\0\x08\0\0\0'), says: /^is a damaged TIFF picture/ },
  { name: 'only-magic.gif', make: () => latin('GIF89a'), says: /^is a damaged GIF picture/ },
  {
    name: 'twelve-bits.jpg',
    make: async () => patched(await sound('baseline.jpg'), '\xff\xc0', 4, [12]),
    says: /^is a damaged JPEG picture/,
  },
];

/** All broken files. */
export const brokenFiles: readonly BrokenFile[] = [
  ...strangers.map(([name, bytes, says]) => ({ name, make: () => bytes, says })),
  ...bombs,
  ...truncated,
  ...damaged,
];
