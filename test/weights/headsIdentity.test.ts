/** @file The identity network for mesh heads tells heads apart whom it never saw. */
import { statSync } from 'node:fs';
import { equalErrorRate, faceSets, renderFaces } from '@visage/faces';
import { loadSafetensors } from '@visage/nn/node';
import { noGrad, scope } from '@visage/tensor';
import { builtInIdentity, builtInWeights, loadFaces, loadIdentityNetwork } from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('identity network for mesh heads');

const [PEOPLE, PHOTOS, SIZE] = [12, 3, 112];

test('equal error rate of at most 8 % between unseen mesh heads', async () => {
  await loadFaces(['M2']);
  const network = await loadIdentityNetwork(builtInIdentity('M2'));
  const labels = Uint32Array.from({ length: PEOPLE * PHOTOS }, (_, k) => faceSets.reporting + Math.floor(k / PHOTOS));
  const vectors: number[] = [];
  for (let from = 0; from < labels.length; from += PEOPLE) {
    const identities = labels.slice(from, from + PEOPLE);
    const attributes = identities.map((_, k) => faceSets.reporting + from + k);
    const faces = { identities, attributes, size: SIZE, level: 'M2' } as const;
    const embedded = scope(() => noGrad(() => network.embed(renderFaces(faces))));
    vectors.push(...(await embedded.floats()));
    embedded.dispose();
  }
  const { rate } = equalErrorRate({ values: Float32Array.from(vectors), size: network.config.embedding }, labels);
  assert.ok(rate <= 0.08, `equal error rate ${(100 * rate).toFixed(1)} %`);
  network.dispose();
});

test('the file says how it was made, and each level has its own network', async () => {
  const path = builtInWeights('heads-identity');
  const { metadata } = await loadSafetensors(path);
  assert.match(metadata.faces ?? '', /10000 rendered people, level M2/);
  assert.ok(statSync(path).size < 16e6);
  assert.is(builtInIdentity('M0'), path);
  assert.is(builtInIdentity('L2'), builtInWeights('identity'));
});

test.run();
