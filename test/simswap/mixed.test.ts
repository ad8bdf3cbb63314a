/** @file Training and swapping in mixed precision: close to f32, replayed and resumed bit for bit. */
import { useGpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { FileError, readSafetensors } from '@visage/nn';
import {
  Generator,
  lossNames,
  NonFiniteLossError,
  type Precision,
  publishedGenerator,
  readCheckpointHeader,
  type StepReport,
  Swapper,
  Trainer,
} from '@visage/simswap';
import { tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { skippedIn } from '../../packages/simswap/src/training/mixedPrecision.ts';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { HashedPairs, makeNetworks } from './fixture.ts';

const { test, gpu } = await gpuSuite('mixed precision');

interface Start {
  readonly precision?: Precision;
  readonly replay?: boolean;
  readonly networkSeed?: number;
}

function start({ precision = 'mixed', replay, networkSeed = 1 }: Start = {}) {
  const networks = makeNetworks(networkSeed);
  const data = new HashedPairs();
  const trainer = new Trainer({ ...networks, data, seed: 5, precision, replay, readEvery: 2 });
  const reports: StepReport[] = [];
  const run = (until: number) => trainer.run({ until, onStep: (report) => reports.push(report) });
  const end = () => {
    trainer.dispose();
    trainer.average.dispose();
    for (const network of Object.values(networks)) network.dispose();
    data.dispose();
  };
  return { trainer, data, reports, run, end };
}

function assertSameBytes(a: Uint8Array, b: Uint8Array): void {
  assert.is(a.length, b.length);
  const at = a.findIndex((byte, k) => byte !== b[k]);
  assert.is(at, -1, `first difference at byte ${at}`);
}

test('the first losses are those of f32; a few steps find the scale, skipped ones change nothing', async () => {
  const [mixed, full] = [start(), start({ precision: 'f32' })];
  const weights = () => mixed.trainer.generator.stateDict().get('first_layer.1.weight')!.floats();
  const before = await weights();
  await mixed.run(1);
  await full.run(1);
  for (const name of lossNames) {
    const [value, expected] = [mixed, full].map(({ reports }) => reports[0]!.losses[name]) as [number, number];
    const error = Math.abs(value - expected) / Math.abs(expected);
    assert.ok(error < 0.01, `${name}: ${value} instead of ${expected}`);
  }
  assert.is(full.reports[0]!.scaling, undefined);
  const first = mixed.reports[0]!.scaling!.generator;
  assert.is(first.lossScale, 65536 / 2 ** first.skipped);
  if (first.skipped === 1) assert.equal(await weights(), before);
  await mixed.run(8);
  const scalings = mixed.reports.map(({ scaling }) => scaling!.generator);
  assert.equal(scalings.at(-1), scalings.at(-3));
  assert.ok(scalings.at(-1)!.skipped < 5);
  assert.ok(relativeError(await weights(), before) > 0);
  for (const each of [mixed, full]) each.end();
});

test('replayed steps give the bits of steps run op by op', async () => {
  const [replayed, eager] = [start(), start({ replay: false })];
  await replayed.run(3);
  await eager.run(3);
  assertSameBytes(await replayed.trainer.checkpoint(), await eager.trainer.checkpoint());
  for (const each of [replayed, eager]) each.end();
});

test('a resumed run equals an uninterrupted one, bit for bit; the checkpoint knows its precision', async () => {
  const through = start();
  await through.run(4);
  const expected = await through.trainer.checkpoint();
  const first = start();
  await first.run(2);
  const saved = readSafetensors(await first.trainer.checkpoint());
  const { generator, discriminator } = first.reports.at(-1)!.scaling!;
  assert.equal(skippedIn(saved), { generator: generator.skipped, discriminator: discriminator.skipped });
  assert.is(readCheckpointHeader(saved).precision, 'mixed');
  const second = start({ networkSeed: 77 });
  second.trainer.restore(saved);
  await second.run(4);
  assertSameBytes(await second.trainer.checkpoint(), expected);
  const plain = start({ precision: 'f32' });
  assert.throws(
    () => plain.trainer.restore(saved),
    (error: Error) => error instanceof FileError && /Scaler/.test(error.message),
  );
  for (const each of [through, first, second, plain]) each.end();
});

test('live bytes are the same after every step', async () => {
  const { run, end } = start();
  await run(22);
  const { live } = gpu.memory;
  for (let until = 23; until <= 29; until++) {
    await run(until);
    assert.is(gpu.memory.live, live);
  }
  end();
});

test('a batch that overflows f16 is skipped and training goes on; a loss that stays so stops it', async () => {
  const { trainer, data, reports, run, end } = start();
  await run(6);
  const weights = () => trainer.discriminator.parameters()[0]!.floats();
  const before = await weights();
  data.scale = 1e30;
  await run(7);
  assert.ok(lossNames.some((name) => !Number.isFinite(reports[6]!.losses[name])));
  for (const player of ['generator', 'discriminator'] as const)
    assert.is(reports[6]!.scaling![player].skipped, reports[5]!.scaling![player].skipped + 1, player);
  assert.equal(await weights(), before);
  data.scale = 1;
  await run(9);
  for (const report of reports.slice(7)) assert.ok(lossNames.every((name) => Number.isFinite(report.losses[name])));
  for (const player of ['generator', 'discriminator', 'average'] as const)
    for (const [name, value] of trainer[player].stateDict())
      assert.ok((await value.floats()).every(Number.isFinite), `${player}.${name}`);

  data.scale = 1e30;
  const failure = await run(40).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.instance(failure, NonFiniteLossError);
  assert.is((failure as NonFiniteLossError).step, 10);
  assert.is(reports.length, 9 + 9); // the tenth in a row is the last
  end();
});

test('a swap in mixed precision is that of f32 to a thousandth, in f32, and sees new weights', async () => {
  const { generator, identity } = makeNetworks();
  const [mixed, full] = (['mixed', 'f32'] as const).map((precision) => new Swapper({ generator, identity, precision }));
  const images = (seed: number) =>
    tensor(
      Float32Array.from({ length: 2 * 48 * 48 * 3 }, (_, k) => 0.5 + 0.5 * Math.sin(seed * k)),
      [2, 48, 48, 3],
    );
  const swap = async (swapper: Swapper) => swapper.swapImages(images(0.7), images(1.3)).floats();
  const [ours, reference] = [await swap(mixed!), await swap(full!)];
  assert.is(mixed!.latent(images(0.3)).dtype, 'f32');
  assert.ok(relativeError(ours, reference) < 1e-3, `error ${relativeError(ours, reference)}`);
  const weight = generator.stateDict().get('first_layer.1.weight')!;
  weight.write((await weight.floats()).map((value) => -value));
  const [after, afterwards] = [await swap(mixed!), await swap(full!)];
  assert.ok(relativeError(after, afterwards) < 1e-3);
  assert.ok(relativeError(after, ours) > 1e-2);
  for (const swapper of [mixed!, full!]) swapper.dispose();
});

test('without f16 a mixed swap computes in f32', async () => {
  const browser = await startGpu({ profile: 'browser' });
  const networks = makeNetworks();
  const generator = new Generator({ ...publishedGenerator, width: 1 / 32, blocks: 1, latent: 16 });
  const images = tensor(new Float32Array(48 * 48 * 3).fill(0.5), [1, 48, 48, 3]);
  const swap = async (precision: Precision) =>
    new Swapper({ generator, identity: networks.identity, precision }).swapImages(images, images).floats();
  assert.equal(await swap('mixed'), await swap('f32'));
  await browser.sync();
  browser.destroy();
  useGpu(gpu);
});

test.run();
