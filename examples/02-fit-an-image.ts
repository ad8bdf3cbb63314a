/**
 * A small network learns one picture: from the position of a pixel to its colour.
 *
 *     node --import ./scripts/register.mjs examples/02-fit-an-image.ts
 *
 * It writes out/examples/fit-an-image.png: the picture, and what the network knew of it after 10, 50, … steps.
 */
import { mkdir } from 'node:fs/promises';
import { type Image, image, imageGrid, renderFaces } from '@visage/faces';
import { writePng } from '@visage/faces/node';
import { startGpu } from '@visage/gpu/node';
import { Adam, Linear, Sequential, seeded } from '@visage/nn';
import {
  concat,
  cos,
  grad,
  mean,
  noGrad,
  record,
  relu,
  scope,
  sigmoid,
  sin,
  type Tensor,
  tensor,
} from '@visage/tensor';

const SIZE = 64;
const STEPS = 600;
const SHOW = [10, 50, 150, 300, STEPS];

const gpu = await startGpu({ robustness: false });
console.log(`Computing on ${gpu.adapter.name}${gpu.adapter.software ? ', a software adapter' : ''}.`);

// The picture: a procedural face. Image tensors are NHWC, so its pixels are the rows of a matrix.
const face = renderFaces({ identities: Uint32Array.of(7), attributes: Uint32Array.of(3), size: SIZE, samples: 2 });
const colours = face.reshape([SIZE * SIZE, 3]);

// The input: each pixel's position, as sines and cosines of growing frequency. From plain coordinates the network would
// only learn a blur.
const positions = scope(() => {
  const axis = (value: (k: number) => number) => Float32Array.from({ length: SIZE * SIZE }, (_, k) => value(k));
  const centred = (at: number) => (2 * at + 1) / SIZE - 1;
  const [x, y] = [axis((k) => centred(k % SIZE)), axis((k) => centred(Math.floor(k / SIZE)))];
  const waves: Tensor[] = [];
  for (const values of [x, y]) {
    for (let octave = 0; octave < 6; octave++) {
      const angle = tensor(values, [SIZE * SIZE, 1]).mul(Math.PI * 2 ** octave);
      waves.push(sin(angle), cos(angle));
    }
  }
  return concat(waves, 1);
});

const features = positions.dim(1);
const network = seeded(1, () => {
  return new Sequential(new Linear(features, 64), relu, new Linear(64, 64), relu, new Linear(64, 3), sigmoid);
});
console.log(`${network.parameterCount} parameters for ${SIZE * SIZE} pixels.`);

// One step: forward, error, gradients, Adam. It is traced here, once; run() below replays it.
const optimizer = new Adam(network.namedParameters(), { learningRate: 5e-3 });
const step = record(() => {
  const error = mean(network.forward(positions).sub(colours).square());
  optimizer.step(grad(error, optimizer.parameters));
  return error;
});

/** What the network gives for every pixel. */
async function picture(): Promise<Image> {
  const fitted = scope(() => noGrad(() => network.forward(positions)));
  const pixels = image(SIZE, SIZE, await fitted.floats());
  fitted.dispose();
  return pixels;
}

const shown = [image(SIZE, SIZE, await face.floats())];
const started = performance.now();
for (let k = 1; k <= STEPS; k++) {
  step.run();
  if (!SHOW.includes(k)) continue;
  const decibels = -10 * Math.log10(await step.result.item());
  console.log(`step ${k}: ${decibels.toFixed(1)} dB`);
  shown.push(await picture());
}
const perSecond = (1000 * STEPS) / (performance.now() - started);
console.log(`${perSecond.toFixed(0)} steps/s of ${step.dispatches} kernels`);

await mkdir('out/examples', { recursive: true });
const columnLabels = ['picture', ...SHOW.map((k) => `step ${k}`)];
await writePng('out/examples/fit-an-image.png', imageGrid(shown, { columns: shown.length, columnLabels, scale: 3 }));
console.log('out/examples/fit-an-image.png shows how it went');
process.exit(); // Dawn keeps threads that would hold the process open
