import { readSafetensors, Sgd, saveModule } from '@visage/nn';
import { ArcFace, Generator, loadSwapper, Swapper, Trainer } from '@visage/simswap';
import { autocast, expand, grad, mean, noGrad, record, scope, slice, type Tensor } from '@visage/tensor';
import { collectProblems } from '@visage/tensor/kernels';
import * as assert from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { HashedPairs, makeNetworks } from './fixture.ts';
import { hashedTensor } from './hashed.ts';

const { test, gpu } = await gpuSuite('simswap swapper');

const images = (seed: number, count = 2) => hashedTensor(seed, [count, 3, 48, 48]);

async function floats(x: Tensor): Promise<Float32Array> {
  const values = await x.floats();
  x.dispose();
  return values;
}

test('a swapper from a checkpoint gives the bits of the moving average, run op by op', async () => {
  const networks = makeNetworks();
  const trainer = new Trainer({ ...networks, data: new HashedPairs(), replay: false });
  await trainer.run({ until: 1 });
  const swapper = loadSwapper(readSafetensors(await trainer.checkpoint()));
  const [target, source] = [images(1), images(2)];
  const expected = noGrad(() => trainer.average.swap(target, networks.identity.folded().latent(source)));
  const swapped = await floats(swapper.swapImages(target, source));
  assert.equal(swapped, await floats(expected));
  assert.ok(swapped.every((x) => x >= 0 && x <= 1));
});

test('one identity serves all targets, and results do not share memory', async () => {
  const { generator, identity } = makeNetworks();
  const swapper = new Swapper({ generator, identity });
  const latent = swapper.latent(images(4, 1));
  const [first, second] = [images(5), images(6)];
  const results = [swapper.swap(first, latent), swapper.swap(second, latent), swapper.swap(first, latent)];
  const [a, b, again] = (await Promise.all(results.map(floats))) as [Float32Array, Float32Array, Float32Array];
  assert.equal(a, again);
  assert.not.equal(a, b);
  swapper.dispose();
});

test('the styles of a source are computed once for all its swaps in a row, with the same bits', async () => {
  const { generator, identity } = makeNetworks();
  const swapper = new Swapper({ generator, identity });
  const target = images(5);
  const [one, other] = [swapper.latent(images(4)), swapper.latent(images(6))];
  const swap = (latent: Tensor) => floats(swapper.swap(target, latent));
  const directly = (latent: Tensor) => floats(scope(() => generator.inference(() => generator.swap(target, latent))));
  const launches = (latent: Tensor) => launchesOf(() => swapper.swap(target, latent).dispose());
  assert.equal(await swap(one), await directly(one));
  assert.is(launches(one), swapper.recorded(target).dispatches + 2); // the target is copied in and the result out
  const styled = launches(other);
  assert.ok(launches(other) < styled);
  assert.equal(await swap(other), await directly(other));
  assert.equal(await swap(one), await directly(one));
  one.write((await one.floats()).reverse()); // the same tensor with another content
  assert.equal(await swap(one), await directly(one));
  const first = slice(one, 0, 0, 1);
  assert.equal(await swap(first), await directly(expand(first, one.shape)));
  assert.throws(() => swapper.swap(target, first.reshape([2, -1])), /Swapper: latent is \[2, 8\], expected \[2, 16\]/);
  const bias = generator.stateDict().get('BottleNeck.0.style1.linear.bias')!;
  bias.write(new Float32Array(bias.size).fill(0.5));
  assert.equal(await swap(first), await directly(expand(first, one.shape)));
  swapper.dispose();
});

test('what is recorded has the precision of the swapper, wherever it is used first', async () => {
  const { generator, identity } = makeNetworks();
  const swappers = [new Swapper({ generator, identity }), new Swapper({ generator, identity })];
  const swap = (k: number) => swappers[k]!.swapImages(images(1), images(2));
  const [plain, inside] = [await floats(swap(0)), await floats(autocast('f16', () => swap(1)))];
  assert.equal(inside, plain);
  for (const swapper of swappers) swapper.dispose();
});

test('repeated swaps take no more memory', async () => {
  const { generator, identity } = makeNetworks();
  const swapper = new Swapper({ generator, identity });
  const [target, source] = [images(1), images(2)];
  await floats(swapper.swapImages(target, source));
  const { live } = gpu.memory;
  for (let k = 0; k < 5; k++) await floats(swapper.swapImages(target, source));
  assert.is(gpu.memory.live, live);
});

test('sources of all sizes share one recorded step, and what they are is told when they are no images', async () => {
  const { generator, identity } = makeNetworks();
  const swapper = new Swapper({ generator, identity });
  swapper.latent(images(1)).dispose();
  for (const side of [40, 56, 64]) {
    const source = hashedTensor(side, [2, 3, side, side]);
    const { live } = gpu.memory;
    const latent = await floats(swapper.latent(source));
    assert.is(gpu.memory.live, live);
    assert.ok(
      relativeError(latent, await floats(scope(() => identity.inference(() => identity.latent(source))))) < 1e-5,
    );
  }
  assert.throws(() => swapper.latent(images(1).reshape([2, -1])), /embed: images is \[2, 6912\]/);
  swapper.dispose();
});

/** Kernels that are launched while `fn` runs. */
function launchesOf(fn: () => unknown): number {
  const { launch } = gpu.stream;
  let launches = 0;
  gpu.stream.launch = (...command) => {
    launches++;
    launch.apply(gpu.stream, command);
  };
  try {
    fn();
  } finally {
    gpu.stream.launch = launch;
  }
  return launches;
}

test('latents are those of the network, by its folded form, which is made once and again when the weights changed', async () => {
  const { generator, identity } = makeNetworks();
  const swapper = new Swapper({ generator, identity });
  const source = images(1);
  const expected = () => floats(identity.inference(() => identity.latent(source)));
  const first = await floats(swapper.latent(source));
  assert.ok(relativeError(first, await expected()) < 1e-5);
  const again = launchesOf(() => swapper.latent(source).dispose());
  const folded = identity.folded();
  const recorded = record(() => noGrad(() => folded.latent(source)));
  assert.is(again, recorded.dispatches + 2); // the images are copied in and the latents out
  for (const name of ['conv1.weight', 'bn2.running_mean', 'prelu.weight']) {
    const tensor = identity.stateDict().get(name)!;
    const changed = (await tensor.floats()).map((x, k) => x + 0.1 * Math.cos(k));
    const before = await expected();
    tensor.write(changed);
    assert.ok(relativeError(before, await expected()) > 1e-3, name);
    assert.ok(relativeError(await floats(swapper.latent(source)), await expected()) < 1e-5, name);
  }
  assert.is(
    launchesOf(() => swapper.latent(source).dispose()),
    again,
  );
  for (const each of [recorded, folded, swapper]) each.dispose();
});

test('a network that was folded already is taken as it is, and disposing gives all memory of a swapper back', () => {
  const { generator, identity } = makeNetworks();
  const [target, source] = [images(1), images(2)];
  const { live } = gpu.memory;
  const folded = identity.folded();
  const swapper = new Swapper({ generator, identity: folded });
  for (let k = 0; k < 2; k++) swapper.swapImages(target, source).dispose();
  swapper.dispose();
  scope(() => void noGrad(() => folded.latent(source))); // it is still there
  folded.dispose();
  assert.is(gpu.memory.live, live);
});

/** The problems that a swap poses to the kernel families, as the tuning memo knows them. */
const signaturesOf = async (swapper: Swapper) =>
  (await collectProblems(() => swapper.recorded(images(1)))).map(({ family, signature }) => `${family} ${signature}`);

test('a swap of a network in training launches what one of a frozen network does, and leaves the network as it is', async () => {
  const { generator, identity } = makeNetworks();
  const frozen = makeNetworks();
  frozen.generator.freeze().eval();
  const [swapper, reference] = [
    new Swapper({ generator, identity }),
    new Swapper({ generator: frozen.generator, identity: frozen.identity }),
  ];
  assert.equal(await signaturesOf(swapper), await signaturesOf(reference));
  assert.is(swapper.recorded(images(1)).dispatches, reference.recorded(images(1)).dispatches);
  const latent = swapper.latent(images(2));
  assert.equal(await floats(swapper.swap(images(1), latent)), await floats(reference.swap(images(1), latent)));
  assert.ok(
    generator.training && generator.parameters().every(({ requiresGrad, buffer }) => requiresGrad && !buffer.steady),
  );
  for (const each of [swapper, reference]) each.dispose();
});

test('training goes on between swaps, and each swap is by the present weights and running statistics', async () => {
  const { generator, identity } = makeNetworks();
  const swapper = new Swapper({ generator, identity });
  const [target, latent] = [images(1), swapper.latent(images(2))];
  const optimizer = new Sgd(generator.namedParameters(), { learningRate: 0.1 });
  const step = record(() => optimizer.step(grad(mean(generator.swap(target, latent)), optimizer.parameters)));
  const before = await floats(swapper.swap(target, latent));
  step.run();
  const after = await floats(swapper.swap(target, latent));
  assert.not.equal(after, before);
  const unrecorded = generator.inference(() => generator.swap(target, latent));
  assert.equal(after, await floats(unrecorded));
  step.dispose();
  swapper.dispose();
});

test('an identity network of another length is refused with both numbers', () => {
  const { generator, identity } = makeNetworks();
  const other = new ArcFace({ ...identity.config, embedding: 24 });
  assert.throws(() => new Swapper({ generator, identity: other }), /24, expected 16/);
});

test('a weight file that is no checkpoint is refused', async () => {
  const generator = new Generator(makeNetworks().generator.config);
  const bytes = await saveModule(generator, { architecture: 'simswap-generator', config: generator.config });
  assert.throws(() => loadSwapper(readSafetensors(bytes)), /no SimSwap checkpoint/);
});

test.run();
