/**
 * Computes the picture of chapter 7 in which identity networks say how a face would have to change. It takes minutes on
 * a software adapter, and its pixels depend on the adapter, so no test compares it.
 */
import { faceSets, imageGrid, imagesOf, renderFaces, resizeImage } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { writeMarkedPng } from '@visage/photos/node';
import { LEVEL, slopesTowards, train } from '../../examples/course/7-faces-and-identities/training.ts';
import { builtInIdentity } from '../../examples/course/identity.ts';
import { root } from './chapters.mjs';

const [COUNT, SIDE] = [6, 96];

/** Faces of people whom nothing was trained on, or of the person after each in the same attributes. */
const faces = (size, after) =>
  renderFaces({
    identities: Uint32Array.from({ length: COUNT }, (_, k) => faceSets.heldOut + k + after),
    attributes: Uint32Array.from({ length: COUNT }, (_, k) => faceSets.heldOut + k),
    size,
    level: LEVEL,
  });

/** A gradient as a picture: grey where it is 0; its deviation is an eighth of the scale. */
function shown({ width, height, data }) {
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
  const levels = data.map((value) => Math.min(1, Math.max(0, 0.5 + value / (8 * deviation))));
  return resizeImage({ width, height, data: levels }, SIDE, SIDE);
}

/** What a network answers: a gradient for each face, as pictures. */
async function gradients(network) {
  const { inputSize } = network.config;
  const slopes = slopesTowards(network, faces(inputSize, 0), faces(inputSize, 1));
  return imagesOf(await slopes.floats(), inputSize).map(shown);
}

/** Writes docs/course/images/7-gradients.png. */
export async function writePictures() {
  const gpu = await startGpu({ deterministic: true });
  const rows = [
    imagesOf(await faces(SIDE, 0).floats(), SIDE),
    imagesOf(await faces(SIDE, 1).floats(), SIDE),
    await gradients((await train(false)).network),
    await gradients((await train(true)).network),
    await gradients(await builtInIdentity()),
  ];
  const path = 'docs/course/images/7-gradients.png';
  const rowLabels = ['face', 'stranger', 'plain', 'attacked', 'built in'];
  await writeMarkedPng(`${root}${path}`, imageGrid(rows.flat(), { columns: COUNT, rowLabels }));
  console.log(`${path}, computed on ${gpu.adapter.name}`);
}
