/** @file The networks of photographs against the numbers of their own runtimes, eagerly and replayed. */
import { loadFaceNetworks, weightFiles } from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import { concat, mul } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { madeUp, outputsOf } from './madeUp.ts';
import { checkOutputs } from './networkGoldens.ts';

const { test } = await gpuSuite('networks of photographs');
const networks = loadFaceNetworks(npmWeights);

for (const name of ['detector', 'recogniser', 'mesh', 'blazeFace'] as const)
  test(`${name}: the outputs of its own runtime, eagerly and replayed`, async () =>
    checkOutputs(name, await outputsOf[name](networks)));

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

test.after(() => networks.dispose());
test.run();
