/**
 * Renders the picture of docs/heads.md: a row for each level, whole heads of M2, and exact swaps of one person into
 * eight pictures of M2.
 *
 *     node --import ./scripts/register.mjs scripts/heads/sheet.mjs [file = docs/images/heads.jpg]
 */
import { imageGrid, imagesOf, renderFaces } from '@visage/faces';
import { loadHeads } from '@visage/faces/node';
import { startGpu } from '@visage/gpu/node';
import { picture } from '@visage/photos';
import { writePicture } from '@visage/photos/node';

const COLUMNS = 8;
const SIZE = 112;
const rows = [
  { label: 'M0', level: 'M0' },
  { label: 'M1', level: 'M1' },
  { label: 'M2', level: 'M2' },
  { label: 'M3', level: 'M3' },
  { label: 'M2 WHOLE', level: 'M2', crop: 'portrait' },
  { label: 'M2 SWAPS', level: 'M2', identity: 40 },
];

const [file = 'docs/images/heads.jpg'] = process.argv.slice(2);
await startGpu();
await loadHeads();
const images = [];
for (const [k, { level, crop, identity }] of rows.entries()) {
  const attributes = Uint32Array.from({ length: COLUMNS }, (_, n) => 100 + n + (identity === undefined ? 20 * k : 40));
  const identities = identity === undefined ? attributes : attributes.map(() => identity);
  const shown = await renderFaces({ identities, attributes, size: SIZE, level, crop }).floats();
  images.push(...imagesOf(shown, SIZE));
}
const { width, height, data } = imageGrid(images, { columns: COLUMNS, rowLabels: rows.map(({ label }) => label) });
const rounded = data.map((value) => Math.round(255 * value));
const pixels = new Uint8Array(4 * width * height).fill(255);
for (let k = 0; k < width * height; k++) pixels.set(rounded.subarray(3 * k, 3 * k + 3), 4 * k);
const { bytes } = await writePicture(file, picture(width, height, pixels), { quality: 85, marks: false });
console.log(`${file}: ${width} x ${height}, ${bytes} bytes`);
process.exit();
