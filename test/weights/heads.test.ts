/** @file The networks that were trained on mesh heads do what their cards say, on heads that they never saw. */
import { statSync } from 'node:fs';
import { equalErrorRate, faceSets, type Image, materialNames, renderFaces, renderMaterials } from '@visage/faces';
import { loadSafetensors } from '@visage/nn/node';
import type { IdentityNetwork } from '@visage/simswap';
import { cosineSimilarity, noGrad, scope, tensor } from '@visage/tensor';
import {
  builtInIdentity,
  builtInJudge,
  builtInWeights,
  loadFaces,
  loadIdentityNetwork,
  loadParsingNetwork,
  shippedSwap,
} from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('networks for mesh heads');
await loadFaces(['M2']);

const [PEOPLE, PHOTOS, SIZE] = [12, 3, 112];
const labels = Uint32Array.from({ length: PEOPLE * PHOTOS }, (_, k) => faceSets.reporting + Math.floor(k / PHOTOS));

/** Unseen people under unseen attributes, from one number on. */
function unseen(from: number, count: number) {
  const identities = labels.slice(from, from + count);
  const attributes = identities.map((_, k) => faceSets.reporting + from + k);
  return { identities, attributes, size: SIZE, level: 'M2' } as const;
}

async function errorRate(network: IdentityNetwork): Promise<number> {
  const vectors: number[] = [];
  for (let from = 0; from < labels.length; from += PEOPLE) {
    const embedded = scope(() => noGrad(() => network.embed(renderFaces(unseen(from, PEOPLE)))));
    vectors.push(...(await embedded.floats()));
    embedded.dispose();
  }
  return equalErrorRate({ values: Float32Array.from(vectors), size: network.config.embedding }, labels).rate;
}

for (const [name, path, most] of [
  ['identity network', builtInIdentity('M2'), 0.08],
  ['judge', builtInJudge('M2'), 0.12],
] as const)
  test(`${name}: equal error rate of at most ${100 * most} % between unseen mesh heads`, async () => {
    const network = await loadIdentityNetwork(path);
    const rate = await errorRate(network);
    assert.ok(rate <= most, `equal error rate ${(100 * rate).toFixed(1)} %`);
    network.dispose();
  });

test('parsing network: skin and hair of unseen mesh heads overlap with the truth by 85 % or more', async () => {
  const network = await loadParsingNetwork(builtInWeights('heads-parsing'));
  const { classes } = network.config;
  assert.equal(classes, materialNames);
  const faces = unseen(0, 4);
  const [logits, truth] = scope(() =>
    noGrad(() => [network.forward(renderFaces(faces)), renderMaterials(faces)] as const),
  );
  const [found, there] = [await logits.floats(), await truth.floats()];
  const best = Array.from(there, (_, pixel) => {
    const row = found.subarray(pixel * classes.length, (pixel + 1) * classes.length);
    return row.indexOf(Math.max(...row));
  });
  for (const name of ['skin', 'hair']) {
    const wanted = classes.indexOf(name);
    const both = best.filter((each, k) => each === wanted && there[k] === wanted).length;
    const either = best.filter((each, k) => each === wanted || there[k] === wanted).length;
    assert.ok(both / either >= 0.85, `${name}: ${both} of ${either} pixels`);
  }
});

test('swapper: the judge takes the swap of two heads for the source', async () => {
  const { source, target, result } = await shippedSwap();
  const judge = await loadIdentityNetwork(builtInJudge('M2'));
  const seen = ({ width, data }: Image) => judge.embed(tensor(data, [1, width, width, 3]));
  const [toSource, toTarget] = scope(() =>
    noGrad(() => {
      const swapped = seen(result);
      return [cosineSimilarity(swapped, seen(source)), cosineSimilarity(swapped, seen(target))] as const;
    }),
  );
  const [like, unlike] = [await toSource.item(), await toTarget.item()];
  assert.ok(like > unlike, `cosine ${like} to the source, ${unlike} to the target`);
});

test('each level has its networks, and the files are small enough to ship', async () => {
  const { metadata } = await loadSafetensors(builtInWeights('heads-identity'));
  assert.match(metadata.faces ?? '', /30000 rendered people, level M2/);
  const bytes = (name: Parameters<typeof builtInWeights>[0]) => statSync(builtInWeights(name)).size;
  assert.ok(bytes('heads-identity') + bytes('heads-parsing') < 16e6);
  assert.ok(bytes('heads-swapper') < 16e6);
  assert.is(builtInIdentity('M0'), builtInWeights('heads-identity'));
  assert.is(builtInIdentity('L2'), builtInWeights('identity'));
  assert.is(builtInJudge('M3'), builtInWeights('heads-judge'));
  assert.is(builtInJudge('L0'), builtInWeights('judge'));
});

test.run();
