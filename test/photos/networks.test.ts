/** @file The networks of photographs against the numbers of their own runtimes, eagerly and replayed. */
import { readFileSync } from 'node:fs';
import { startGpu } from '@visage/gpu/node';
import { type FaceNetworks, loadFaceNetworks, type ReplayedNetwork, weightFiles } from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import { concat, mul, type Tensor, tensor } from '@visage/tensor';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('networks of photographs');
await startGpu();
const networks: FaceNetworks = loadFaceNetworks(npmWeights);

/** Sums and 16 values of an output, computed by TensorFlow.js 4.22.0 (wasm). */
interface Golden {
  readonly sum: number;
  readonly sumAbs: number;
  readonly index: readonly number[];
  readonly value: readonly number[];
}

const goldens = (file: string): Readonly<Record<string, Golden>> =>
  JSON.parse(readFileSync(new URL(`../golden/media/${file}`, import.meta.url), 'utf8')).nets;
const faceApi = goldens('face-api-synthetic.json');
const human = goldens('human-facemesh-blazeface.json');

/** The picture of the goldens: (7h + 3w + 50c + ((h·w) >> 4)) mod 256. */
function madeUp(size: number): Tensor {
  const data = new Float32Array(size * size * 3);
  for (let at = 0; at < data.length; at++) {
    const [h, w, c] = [Math.floor(at / 3 / size), Math.floor(at / 3) % size, at % 3];
    data[at] = ((7 * h + 3 * w + 50 * c + ((h * w) >> 4)) & 255) / 255;
  }
  return tensor(data, [1, size, size, 3]);
}

/** Compares an output with its golden numbers; `tolerance` is relative to the largest golden value, and to the sums. */
function compare(name: string, values: Float32Array, golden: Golden | undefined, tolerance: number): void {
  assert.ok(golden, `golden ${name}`);
  const largest = Math.max(...golden.value.map(Math.abs));
  for (const [k, at] of golden.index.entries()) {
    const [got, expected] = [values[at] as number, golden.value[k] as number];
    assert.ok(Math.abs(got - expected) <= tolerance * largest, `${name} at ${at}: ${got}, expected ${expected}`);
  }
  const sum = values.reduce((total, value) => total + value, 0);
  assert.ok(Math.abs(sum - golden.sum) <= tolerance * golden.sumAbs, `${name}: sum ${sum}, expected ${golden.sum}`);
}

type Results<R> = { readonly [K in keyof R]: Tensor };

/** The outputs of a network for the made-up picture: eagerly, and those of a replay, which must have the same bits. */
async function outputsOf<R extends Results<R>>(network: ReplayedNetwork<R>): Promise<{ [K in keyof R]: Float32Array }> {
  const picture = madeUp(network.size);
  const read = async (results: R) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries<Tensor>(results).map(async ([name, values]) => [name, await values.floats()] as const),
      ),
    );
  network.run(picture);
  const replayed = await read(network.run(picture));
  const eager = await read(network.network.inference(() => network.network.forward(picture)));
  for (const [name, values] of Object.entries(eager)) assert.equal(replayed[name], values, `${name} of a replay`);
  return replayed as { [K in keyof R]: Float32Array };
}

test('SSD: boxes and scores', async () => {
  const { boxes, scores } = await outputsOf(await networks.detector());
  compare('boxes', boxes, faceApi['ssd_mobilenetv1 512 (decoded boxes ymin,xmin,ymax,xmax)'], 1e-4);
  compare('scores', scores, faceApi['ssd_mobilenetv1 512 (scores)'], 1e-4);
});

test('recogniser: descriptor', async () => {
  const { descriptors } = await outputsOf(await networks.recogniser());
  compare('descriptor', descriptors, faceApi['face_recognition 150 (descriptor)'], 1e-4);
});

test('face mesh: points and flag', async () => {
  const { mesh, flag } = await outputsOf(await networks.mesh());
  compare('mesh', mesh, human['facemesh mesh'], 1e-3);
  compare('flag', flag, human['facemesh flag'], 1e-3);
});

test('BlazeFace: boxes and scores', async () => {
  const { boxes, scores } = await outputsOf(await networks.blazeFace());
  const logits = human['blazeface scores 16x16'] as Golden;
  for (const [k, at] of logits.index.entries()) {
    const expected = 1 / (1 + Math.exp(-(logits.value[k] as number)));
    assert.ok(Math.abs((scores[at] as number) - expected) < 1e-4, `score ${at}: ${scores[at]}, expected ${expected}`);
  }
  const raw = human['blazeface boxes 16x16'] as Golden;
  // The file has offsets in pixels: x, y, width, height, and six points that are not read here.
  for (const [k, at] of raw.index.entries()) {
    const [anchor, field] = [Math.floor(at / 16), at % 16];
    if (field !== 2 && field !== 3) continue;
    const [top, left, bottom, right] = boxes.slice(4 * anchor, 4 * anchor + 4) as unknown as number[];
    const extent = field === 2 ? (right as number) - (left as number) : (bottom as number) - (top as number);
    assert.ok(Math.abs(256 * extent - (raw.value[k] as number)) < 0.05, `extent of anchor ${anchor}`);
  }
});

test('a batch gives what its pictures give alone', async () => {
  const mesh = await networks.mesh();
  const pictures = [madeUp(mesh.size), mul(madeUp(mesh.size), 0.5)];
  const together = await mesh.run(concat(pictures, 0)).mesh.floats();
  for (const [k, picture] of pictures.entries()) {
    const alone = await mesh.run(picture).mesh.floats();
    const worst = alone.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - (together[k * alone.length + at] as number))),
      0,
    );
    assert.ok(worst < 1e-3, `picture ${k}: ${worst} px`);
  }
});

test('another weight file is refused by name', async () => {
  const other = loadFaceNetworks(async (file) => {
    const bytes = await npmWeights(file);
    if (file === weightFiles.mesh) bytes[7] = (bytes[7] as number) ^ 1;
    return bytes;
  });
  await other.mesh().then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /facemesh\.bin of @vladmandic\/human .*SHA-256.*version 3\.3\.6/),
  );
});

test('pictures of another size or type are refused by name', async () => {
  const { network } = await networks.mesh();
  assert.throws(() => network.forward(madeUp(150)), /FaceMeshNetwork.*pictures.*150.*192/s);
});

test.run();
