/**
 * @file What is replayed makes nothing on the device: no buffer, no bind group, no pipeline. Each would cost the host
 * as much as the launches it is for.
 */
import { Swapper, Trainer } from '@visage/simswap';
import * as assert from 'uvu/assert';
import { creationsOf } from '../helpers/creations.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { HashedPairs, makeNetworks } from './fixture.ts';
import { hashedTensor } from './hashed.ts';

const { test, gpu } = await gpuSuite('replay');

const images = (seed: number) => hashedTensor(seed, [2, 3, 48, 48]);

test('a replayed training step creates nothing, also on other images', async () => {
  const data = new HashedPairs();
  const trainer = new Trainer({ ...makeNetworks(), data });
  await trainer.run({ until: trainer.recipe.pairs.length });
  for (const kind of new Set(trainer.recipe.pairs)) {
    const steps = trainer.recorded(kind);
    assert.ok(steps.length > 0);
    const again = () => {
      data.load(kind, 7);
      for (const step of steps) step.run();
    };
    assert.equal(creationsOf(gpu, again), {}, kind);
  }
  await gpu.sync();
  trainer.dispose();
});

test('a replayed swap creates nothing: not for other targets, another source or new weights', async () => {
  const { generator, identity } = makeNetworks();
  const swapper = new Swapper({ generator, identity });
  const [target, source] = [images(1), images(2)];
  const [one, other] = [swapper.latent(source), swapper.latent(images(3))];
  const weight = generator.stateDict().get('first_layer.1.weight')!;
  const values = await weight.floats();
  const swaps = () => {
    for (const latent of [one, one, other]) swapper.swap(target, latent).dispose();
    swapper.swapImages(target, source).dispose();
    weight.write(values);
    swapper.swap(target, one).dispose();
  };
  const first = creationsOf(gpu, swaps); // the counting counts
  assert.ok((first.createBindGroup ?? 0) > 0 && (first.createBuffer ?? 0) > 0);
  assert.equal(creationsOf(gpu, swaps), {});
  await gpu.sync();
  swapper.dispose();
});

test.run();
