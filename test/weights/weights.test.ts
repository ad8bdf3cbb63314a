/**
 * @file The gate before any training of a swapper: the networks that come with Visage tell people apart whom nobody
 * trained on.
 */
import { statSync } from 'node:fs';
import { equalErrorRate, faceSets, renderFaces } from '@visage/faces';
import { loadSafetensors } from '@visage/nn/node';
import { cosineSimilarity, grad, mean, noGrad, scope, sqrt, square, sum, type Tensor } from '@visage/tensor';
import { builtInWeights, loadIdentityNetwork } from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('built-in weights');

const NAMES = ['identity', 'judge'] as const;
const [PEOPLE, PHOTOS, BATCH] = [32, 4, 16];

/** The network's vectors of unseen people under unseen attributes, and who is who. */
async function unseen(name: (typeof NAMES)[number], size: number) {
  const network = await loadIdentityNetwork(builtInWeights(name));
  const labels = Uint32Array.from({ length: PEOPLE * PHOTOS }, (_, k) => faceSets.reporting + Math.floor(k / PHOTOS));
  const vectors: number[] = [];
  for (let from = 0; from < labels.length; from += BATCH) {
    const identities = labels.slice(from, from + BATCH);
    const attributes = identities.map((_, k) => faceSets.reporting + from + k);
    const embedded = scope(() => noGrad(() => network.embed(renderFaces({ identities, attributes, size }))));
    vectors.push(...(await embedded.floats()));
    embedded.dispose();
  }
  network.dispose();
  return { embeddings: { values: Float32Array.from(vectors), size: network.config.embedding }, labels };
}

for (const name of NAMES) {
  for (const size of [48, 64]) {
    test(`${name}: equal error rate of at most 5 % on unseen people at ${size} pixels`, async () => {
      const { embeddings, labels } = await unseen(name, size);
      const { rate } = equalErrorRate(embeddings, labels);
      assert.ok(rate <= 0.05, `equal error rate ${(100 * rate).toFixed(1)} %`);
    });
  }
}

test('identity: changes that nobody sees do not turn one person into another, so that a swapper has to paint a face', async () => {
  const network = await loadIdentityNetwork(builtInWeights('identity'));
  const [people, size, radius, steps] = [8, 48, 0.5, 4];
  const photos = (first: number) => {
    const identities = Uint32Array.from({ length: people }, (_, k) => faceSets.reporting + first + k);
    return renderFaces({ identities, attributes: identities, size });
  };
  const alike = scope(() => {
    const [target, source] = [photos(0), noGrad(() => network.embed(photos(people)))];
    let x = target;
    for (let k = 0; k < steps; k++) {
      x = x.detach();
      x.requiresGrad = true;
      const [slope] = grad(cosineSimilarity(network.embed(x), source).sum(), [x]) as [Tensor];
      const length = sqrt(sum(square(slope), [1, 2, 3], true));
      x = x.detach().add(slope.mul(radius / steps).div(length));
    }
    return noGrad(() => mean(cosineSimilarity(network.embed(x), source)));
  });
  // The true swap is about 7 away. A network that was trained without attacks comes to 0.5 on this path.
  const reached = await alike.item();
  assert.ok(reached < 0.3, `cosine ${reached.toFixed(2)} after a change of ${radius}`);
  network.dispose();
});

test('judge and loss network differ in architecture; both files say how they were made, in at most 2 MB', async () => {
  const files = await Promise.all(NAMES.map((name) => loadSafetensors(builtInWeights(name))));
  const kinds = files.map(({ metadata }) => (JSON.parse(metadata.config ?? '{}') as { kind?: string }).kind);
  assert.is.not(kinds[0], kinds[1]);
  const commands = files.map(({ metadata }) => metadata.command ?? '');
  for (const command of commands) assert.match(command, 'examples/03-arcface-on-procedural-identities.ts');
  assert.equal(
    commands.map((command) => command.includes('--judge')),
    [false, true],
    'judges draw other training people',
  );
  const bytes = NAMES.reduce((sum, name) => sum + statSync(builtInWeights(name)).size, 0);
  assert.ok(bytes <= 2e6, `${bytes} bytes`);
});

test.run();
