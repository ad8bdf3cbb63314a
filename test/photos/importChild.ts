/** @file An import in a process of its own, which a test kills: `importChild.ts FOLDER OUT`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGpu } from '@visage/gpu/node';
import { importFaceSet } from '@visage/photos/node';
import { StoredFinder } from './storedFaces.ts';

const [folder = '', out = ''] = process.argv.slice(2);
await startGpu({ deterministic: true });
const truth = JSON.parse(readFileSync(join(folder, '..', 'truth.json'), 'utf8'));
const { header } = await importFaceSet(folder, out, new StoredFinder(truth), {
  size: 64,
  workers: 1,
  rules: { enlargement: 3, sharpness: 0 },
  onProgress: ({ done, before }) => console.log(`${done} ${before}`),
});
console.log(header?.digest);
process.exit();
