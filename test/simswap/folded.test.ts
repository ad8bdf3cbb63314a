/**
 * @file Identity networks with their norms folded are the networks: embeddings and gradients of images, also after the
 * weights changed.
 */
import { HostRandom, type Module, seeded } from '@visage/nn';
import { ArcFace, type IdentityConfig, type IdentityNetwork, IResNet } from '@visage/simswap';
import { grad, scope, sum, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('folded networks');

const SIZE = 40;
const config: IdentityConfig = {
  kind: 'arcface',
  layers: [1, 2, 1, 1],
  width: 1 / 32,
  embedding: 16,
  inputSize: SIZE,
  squeeze: true,
};

/** Gives every norm statistics and weights of its own: those of a new network would fold to nothing. */
function shake(network: Module, seed: number): void {
  const random = new HostRandom(seed);
  for (const [name, { tensor: x, kind }] of network.state()) {
    const around = (centre: number, spread: number) => random.uniform(x.size).map((u) => centre + spread * (u - 0.5));
    if (name.endsWith('running_var')) x.write(around(1, 1));
    else if (kind === 'buffer' || (name.endsWith('bias') && x.rank === 1)) x.write(around(0, 1));
    else if (x.rank === 1 && x.size > 1) x.write(around(1, 0.8)); // weights of norms
  }
}

const values = new HostRandom(7).uniform(2 * SIZE * SIZE * 3);

async function run(network: IdentityNetwork): Promise<[Float32Array, Float32Array]> {
  const [y, g] = scope(() => {
    const images = tensor(values, [2, SIZE, SIZE, 3], { requiresGrad: true });
    const y = network.embed(images);
    const upstream = tensor(new HostRandom(9).normal(y.size), y.shape);
    return [y, grad(sum(y.mul(upstream)), [images])[0]] as [Tensor, Tensor];
  });
  const both = [await y.floats(), await g.floats()] as [Float32Array, Float32Array];
  y.dispose();
  g.dispose();
  return both;
}

const networks: Record<string, () => IdentityNetwork> = {
  'ArcFace with squeeze and excitation': () => new ArcFace(config),
  'ArcFace without': () => new ArcFace({ ...config, squeeze: false }),
  IResNet: () => new IResNet({ ...config, kind: 'iresnet', squeeze: false }),
};

for (const [name, make] of Object.entries(networks)) {
  test(`${name}: folded equals unfolded, before and after its weights change`, async () => {
    const network = seeded(1, make).freeze().eval();
    shake(network, 3);
    const folded = network.folded();
    for (const seed of [3, 4]) {
      shake(network, seed);
      folded.refold();
      const [ours, theirs] = [await run(folded), await run(network)];
      assert.ok(relativeError(ours[0], theirs[0]) < 1e-5, `embedding: ${relativeError(ours[0], theirs[0])}`);
      assert.ok(relativeError(ours[1], theirs[1]) < 1e-5, `gradient: ${relativeError(ours[1], theirs[1])}`);
    }
    folded.dispose();
    network.dispose();
  });
}

test.run();
