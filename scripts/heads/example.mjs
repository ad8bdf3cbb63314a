/**
 * Renders the three mesh heads with which `npm start` shows a swap before it trains: source, target and exact swap, one
 * above the other, of level M2 at 128 pixels. Nobody trains on these people.
 *
 *     node --import ./scripts/register.mjs scripts/heads/example.mjs [file]
 *
 * Without a file it writes packages/weights/src/heads-swapper/example.png.
 */
import { faceSets, image, renderFaces } from '@visage/faces';
import { loadHeads, writePng } from '@visage/faces/node';
import { startGpu } from '@visage/gpu/node';

const SIZE = 128;
const FIRST = faceSets.heldOut + 300_000; // of the people whom samples of a training show
const faces = [
  { identity: FIRST + 2, attributes: FIRST + 22 },
  { identity: FIRST + 7, attributes: FIRST + 13 },
  { identity: FIRST + 2, attributes: FIRST + 13 },
];

const [file = 'packages/weights/src/heads-swapper/example.png'] = process.argv.slice(2);
await startGpu();
await loadHeads();
const numbers = (key) => Uint32Array.from(faces, (face) => face[key]);
const shown = renderFaces({
  identities: numbers('identity'),
  attributes: numbers('attributes'),
  size: SIZE,
  level: 'M2',
});
const stacked = image(SIZE, faces.length * SIZE);
stacked.data.set(await shown.floats());
await writePng(file, stacked);
process.exit();
