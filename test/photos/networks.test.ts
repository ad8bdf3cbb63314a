/** @file The networks of photographs against the numbers of their own runtimes, eagerly and replayed. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadFaceNetworks, weightFiles } from '@visage/photos';
import { copyWeights, npmWeights } from '@visage/photos/node';
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

test('the documentation names every weight file with its size, author and licence', () => {
  const page = readFileSync(new URL('../../docs/photos.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('|'));
  let author = '';
  for (const file of Object.values(weightFiles)) {
    const row = rows.find((line) => line.includes(`\`${file.path}\``));
    assert.ok(row, `a row of ${file.path}`);
    const [, , size, , by, licence] = row.split('|').map((cell) => cell.trim());
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(file.package)));
    assert.is(size, `${Math.round(statSync(join(folder, file.path)).size / 1000)} kB`, file.path);
    author = by === 'the same' ? author : (by as string);
    assert.equal([author, licence], [file.author, file.licence], file.path);
    assert.ok(page.includes(`**${file.package} ${file.version}**`), `${file.package} ${file.version}`);
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

test("weights in Node's buffers are the same weights", async () => {
  const buffered = loadFaceNetworks(async (file) => {
    const bytes = await npmWeights(file);
    return Buffer.concat([Buffer.of(0), bytes]).subarray(1);
  });
  checkOutputs('mesh', await outputsOf.mesh(buffered));
  await buffered.dispose();
});

test('copies of the weights lie where a page fetches them, with the licences', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'visage-weights-'));
  try {
    const copies = await copyWeights(join(folder, 'public'));
    for (const file of Object.values(weightFiles)) {
      const copy = join(folder, 'public', file.package, file.path);
      assert.ok(copies.includes(copy), copy);
      assert.ok(readFileSync(copy).equals(await npmWeights(file)), copy);
      assert.match(readFileSync(join(folder, 'public', file.package, 'LICENSE'), 'utf8'), /MIT License/);
    }
    writeFileSync(join(folder, 'taken'), '');
    const message = await copyWeights(join(folder, 'taken')).then(String, (error: Error) => error.message);
    assert.match(message, /^weights could not be copied to .*taken: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('networks whose file was missing leave no trace when all are given back', async () => {
  const broken = loadFaceNetworks(async (file) => {
    if (file === weightFiles.blazeFace) throw new Error('the disk is gone');
    return npmWeights(file);
  });
  const [mesh, blazeFace] = await Promise.allSettled([broken.mesh(), broken.blazeFace()]);
  assert.equal([mesh.status, blazeFace.status], ['fulfilled', 'rejected']);
  await broken.dispose();
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
  const mesh = await networks.mesh();
  for (const run of [() => mesh.network.forward(madeUp(150)), () => mesh.run(madeUp(150))])
    assert.throws(run, /FaceMeshNetwork.*pictures.*150.*192/s);
});

test.after(() => networks.dispose());
test.run();
