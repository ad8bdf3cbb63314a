/**
 * @file What a picture of mesh heads costs: people, geometry, shadow maps, visible triangles and shading.
 *
 *     node --import ./scripts/register.mjs bench/heads.ts [size = 224] [batch = 16] [samples = 2]
 */
import { renderFaces, renderMasks } from '@visage/faces';
import { loadHeads } from '@visage/faces/node';
import { startGpu } from '@visage/gpu/node';
import { record, tensor } from '@visage/tensor';

const [size = 224, batch = 16, samples = 2] = process.argv.slice(2).map(Number);
const gpu = await startGpu();
await loadHeads();
const numbers = tensor(
  Uint32Array.from({ length: batch }, (_, k) => k),
  [batch],
  { gpu },
);
const shown = { identities: numbers, attributes: numbers, size, samples, level: 'M2' } as const;
const steps = { pictures: record(() => renderFaces(shown)), masks: record(() => renderMasks(shown)) };
for (const [name, step] of Object.entries(steps)) {
  for (let k = 0; k < 3; k++) step.run();
  await gpu.sync();
  const runs = gpu.adapter.software ? 3 : 100;
  const start = performance.now();
  for (let k = 0; k < runs; k++) step.run();
  await gpu.sync();
  const each = (performance.now() - start) / runs / batch;
  console.log(`${name}: ${each.toFixed(3)} ms each, ${size} pixels, batch ${batch}, ${gpu.adapter.name}`);
}
if (gpu.device.features.has('timestamp-query')) {
  const rows = await gpu.timeKernels(() => void renderFaces(shown));
  for (const row of rows) console.log(JSON.stringify(row));
}
gpu.destroy();
