/** @file A seed names the same networks in every version: published commands and figures stand on it. */
import { createHash } from 'node:crypto';
import { startGpu } from '@visage/gpu/node';
import { type Module, seeded } from '@visage/nn';
import { ArcFace, Discriminator, Generator, IResNet, publishedDiscriminator } from '@visage/simswap';
import { suite } from 'uvu';
import { is } from 'uvu/assert';
import { narrow, narrowArcFace, narrowIResNet } from './narrowNetworks.ts';

const test = suite('seeds');
const gpu = await startGpu();

test.after(async () => {
  await gpu.sync();
  gpu.destroy();
});

/** Of the names and the values of all weights, in the order of the names. */
async function hashOf(network: Module): Promise<string> {
  const hash = createHash('sha256');
  for (const [name, weight] of [...network.stateDict()].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(new Uint8Array((await weight.floats()).slice().buffer));
  return hash.digest('hex').slice(0, 16);
}

const NETWORKS: readonly (readonly [name: string, make: () => Module, hash: string])[] = [
  ['a generator', () => new Generator(narrow), 'b9ab3ba53d9a7a1a'],
  ['a discriminator', () => new Discriminator({ ...publishedDiscriminator, width: 1 / 16 }), '894b02ad38f7c4ec'],
  ['an ArcFace', () => new ArcFace(narrowArcFace), '1d4ee5e7a633dfae'],
  ['an IResNet', () => new IResNet(narrowIResNet), '9e6df7f4ae07d2b5'],
];

for (const [name, make, hash] of NETWORKS)
  test(`${name} draws the weights that it has always drawn from seed 1`, async () => {
    is(await hashOf(seeded(1, make)), hash);
  });

test.run();
