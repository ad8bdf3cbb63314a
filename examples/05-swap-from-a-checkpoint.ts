/**
 * Swaps faces with a trained checkpoint, without the command line: load, compute the source's latent once, swap any
 * number of targets.
 *
 *     npm start        # trains a checkpoint, if you have none yet
 *     node --import ./scripts/register.mjs examples/05-swap-from-a-checkpoint.ts out/first-swap/checkpoint.safetensors
 *
 * It writes out/examples/swap-from-a-checkpoint.png: one source in four targets, and between two sources.
 */
import { mkdir } from 'node:fs/promises';
import { faceSets, imageGrid, imagesOf, renderFaces } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { loadSafetensors } from '@visage/nn/node';
import { writeMarkedPng } from '@visage/photos/node';
import { loadSwapper, readCheckpointHeader } from '@visage/simswap';
import { concat, l2Normalize, scope, slice } from '@visage/tensor';

const path = process.argv[2] ?? 'out/first-swap/checkpoint.safetensors';
const gpu = await startGpu({ robustness: false });

// The file names its networks and their sizes. It holds the averaged generator, which
// swaps better than the generator itself, and the identity network.
const file = await loadSafetensors(path);
const { step, imageSize, recipe } = readCheckpointHeader(file);
const swapper = loadSwapper(file);
console.log(`${path}: ${step} steps of recipe ${recipe.name} at ${imageSize} pixels, on ${gpu.adapter.name}`);

// Faces that the training never saw. For photos use readFace() of @visage/faces/node: aligned, square PNG files.
const numbers = (...values: number[]) => Uint32Array.from(values, (value) => faceSets.heldOut + value);
const targets = renderFaces({ identities: numbers(1, 2, 3, 4), attributes: numbers(11, 12, 13, 14), size: imageSize });
const sources = renderFaces({ identities: numbers(21, 22), attributes: numbers(31, 32), size: imageSize });

// A latent is a unit vector: whose face it is, and nothing of pose, light or hair. It can be kept and used for any
// number of targets.
const latents = swapper.latent(sources);
const first = slice(latents, 0, 0, 1);
const swapped = swapper.swap(targets, first);

// Vectors between two people give faces between them.
const between = scope(() => {
  const second = slice(latents, 0, 1, 2);
  const mixed = [0, 1 / 3, 2 / 3, 1].map((share) => l2Normalize(first.mul(1 - share).add(second.mul(share))));
  const one = slice(targets, 0, 0, 1);
  return swapper.swap(concat([one, one, one, one], 0), concat(mixed, 0));
});

const started = performance.now();
for (let k = 0; k < 5; k++) swapper.swap(targets, first).dispose();
await gpu.sync();
console.log(`${((5 * 4 * 1000) / (performance.now() - started)).toFixed(1)} faces per second, four at a time`);

const [source = [], target = [], result = [], mix = []] = await Promise.all(
  [sources, targets, swapped, between].map(async (batch) => imagesOf(await batch.floats(), imageSize)),
);
const [donor, other] = source as [(typeof source)[number], (typeof source)[number]];
const grid = imageGrid([donor, ...target, donor, ...result, other, ...mix], {
  columns: 5,
  rowLabels: ['targets', 'swapped', 'between'],
  scale: Math.max(1, Math.round(96 / imageSize)),
});
await mkdir('out/examples', { recursive: true });
await writeMarkedPng('out/examples/swap-from-a-checkpoint.png', grid);
console.log('out/examples/swap-from-a-checkpoint.png shows the swaps; left the sources');
process.exit(); // Dawn keeps threads that would hold the process open
