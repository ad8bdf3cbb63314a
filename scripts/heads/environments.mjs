/**
 * The environment maps of `@pmndrs/assets`, decoded by three's reader of EXR files: radiance, and the light that falls
 * on a surface.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFolder } from './packages.mjs';

const [HEIGHT, WIDTH] = [256, 512];
const MOST = 40;
const LEAST = 0.01;
/** three's name of 32 bit floats. */
const FLOAT_TYPE = 1015;

/**
 * A pixel of the file as light, or nothing if it is damaged. The packing of some suns lost their red and green, or rang
 * below zero; where one channel overflowed, the light is white.
 */
function repaired([r, g, b]) {
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  if (!(least > -0.5) || (Math.max(r, g) < 0.01 * b && b > 0.3 && b < 12)) return undefined;
  if (most > 12 && least < 0.35 * most) return [MOST, MOST, MOST];
  return [r, g, b].map((x) => Math.min(MOST, Math.max(0, x)));
}

/** Gives each damaged pixel the mean of the sound ones around it, from the rim inwards. */
function fillDamage(pixels) {
  let damaged = [...pixels.keys()].filter((at) => !pixels[at]);
  while (damaged.length > 0) {
    const found = damaged.map((at) => {
      const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
      const around = [-1, 0, 1].flatMap((dy) =>
        [-1, 0, 1].map((dx) => pixels[Math.min(HEIGHT - 1, Math.max(0, y + dy)) * WIDTH + ((x + dx + WIDTH) % WIDTH)]),
      );
      const sound = around.filter(Boolean);
      if (sound.length === 0) return undefined;
      return [0, 1, 2].map((c) => sound.reduce((sum, pixel) => sum + pixel[c] / sound.length, 0));
    });
    if (!found.some(Boolean)) throw new Error('an environment map has no sound pixel');
    damaged.forEach((at, k) => {
      pixels[at] = found[k];
    });
    damaged = damaged.filter((at) => !pixels[at]);
  }
}

/** Radiance [HEIGHT, WIDTH, 3], rows from the zenith down, at most MOST. */
function readRadiance(loader, path) {
  const [, base64] = readFileSync(path, 'utf8').match(/base64,([A-Za-z0-9+/=]+)/);
  const file = Uint8Array.from(Buffer.from(base64, 'base64'));
  const { width, height, data } = loader.parse(file.buffer);
  if (width !== WIDTH || height !== HEIGHT) throw new Error(`${path} has ${width} × ${height} pixels`);
  const channels = data.length / (width * height);
  const pixels = Array.from({ length: HEIGHT * WIDTH }, (_, at) => {
    const row = HEIGHT - 1 - Math.floor(at / WIDTH); // the file's rows come from below
    const from = (row * WIDTH + (at % WIDTH)) * channels;
    return repaired([data[from], data[from + 1], data[from + 2]]);
  });
  fillDamage(pixels);
  return Float64Array.from(pixels.flat());
}

/** Direction of a pixel's centre: x right, y up, z to the viewer; the middle column lies behind the head (−z). */
function direction(x, y) {
  const [polar, azimuth] = [((y + 0.5) / HEIGHT) * Math.PI, ((x + 0.5) / WIDTH - 0.5) * 2 * Math.PI];
  return [Math.sin(polar) * Math.sin(azimuth), Math.cos(polar), -Math.sin(polar) * Math.cos(azimuth)];
}

const polynomials = ([x, y, z]) => [1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y];

/** Squares of what makes each polynomial orthonormal on the sphere, times the cosine lobe's weight over π. */
const factors = [0.282095, 0.488603, 0.488603, 0.488603, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274].map(
  (norm, i) => norm * norm * (i === 0 ? 1 : i < 4 ? 2 / 3 : 1 / 4),
);

/**
 * Coefficients [9, 3] of irradiance over π as a polynomial of the normal (x, y, z): in 1, y, z, x, xy, yz, 3z² − 1, xz,
 * x² − y². Ramamoorthi and Hanrahan 2001.
 */
export function irradianceOf(radiance) {
  const sums = new Float64Array(27);
  for (let y = 0; y < HEIGHT; y++) {
    const area = Math.sin(((y + 0.5) / HEIGHT) * Math.PI) * (Math.PI / HEIGHT) * ((2 * Math.PI) / WIDTH);
    for (let x = 0; x < WIDTH; x++) {
      const terms = polynomials(direction(x, y));
      for (let k = 0; k < 27; k++) {
        sums[k] +=
          factors[Math.floor(k / 3)] * terms[Math.floor(k / 3)] * radiance[(y * WIDTH + x) * 3 + (k % 3)] * area;
      }
    }
  }
  return sums;
}

/**
 * All environments as layers of bytes round(255 log2(1 + L / 0.01) / log2(1 + 40 / 0.01)), and `irradiance` of each
 * [environments, 9, 3].
 */
export async function readEnvironments() {
  const three = packageFolder('three');
  const { EXRLoader } = await import(pathToFileURL(`${three}/examples/jsm/loaders/EXRLoader.js`).href);
  const loader = new EXRLoader();
  loader.setDataType(FLOAT_TYPE);
  const folder = join(packageFolder('@pmndrs/assets'), 'hdri');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.exr.js'))
    .sort();
  const maps = files.map((file) => readRadiance(loader, join(folder, file)));
  const code = (value) => Math.round((255 * Math.log2(1 + value / LEAST)) / Math.log2(1 + MOST / LEAST));
  return {
    environments: {
      names: files.map((file) => file.replace('.exr.js', '')),
      height: HEIGHT,
      width: WIDTH,
      channels: 3,
      bytes: Buffer.concat(maps.map((map) => Uint8Array.from(map, code))),
    },
    irradiance: maps.flatMap((map) => [...irradianceOf(map)]),
  };
}
