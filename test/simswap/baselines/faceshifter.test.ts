/** @file FaceShifter's two stages, their losses and occluders, at sizes that only show that they work. */
import { ArgumentError } from '@visage/gpu';
import { HostRandom, seeded } from '@visage/nn';
import {
  AeiNet,
  type AeiNetConfig,
  AeiTrainer,
  ArcFace,
  attributeLoss,
  Discriminator,
  drawOccluders,
  FaceShifter,
  faceShifterPaper,
  HearNet,
  HearTrainer,
  type ImagePairs,
  occlude,
  occluderNumbers,
  type TrainingData,
} from '@visage/simswap';
import { full, keep, scope, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../../helpers/gpu.ts';
import { hostRandom } from '../../helpers/random.ts';

const { test, gpu } = await gpuSuite('faceshifter');
const SIZE = 16;
const config: AeiNetConfig = { width: 1 / 64, levels: 3, imageSize: SIZE, identity: 16, taper: 'late' };
const optimizer = { ...faceShifterPaper.optimizer, learningRate: 4e-3 };

/** One batch of plain colours, again and again. */
class OneBatch implements TrainingData {
  readonly batchSize = 2;
  readonly imageSize = SIZE;
  readonly kinds: string[] = [];
  readonly #pairs: ImagePairs;

  constructor() {
    const photo = (seed: number): Tensor => {
      const random = hostRandom(seed);
      const colors = Array.from({ length: 6 }, random.uniform);
      const value = (k: number) => colors[3 * Math.floor(k / (SIZE * SIZE * 3)) + (k % 3)]!;
      return keep(
        tensor(
          Float32Array.from({ length: 2 * SIZE * SIZE * 3 }, (_, k) => value(k)),
          [2, SIZE, SIZE, 3],
        ),
      );
    };
    this.#pairs = { target: photo(1), source: photo(2) };
  }

  images(): ImagePairs {
    return this.#pairs;
  }

  load(kind: string): void {
    this.kinds.push(kind);
  }
}

const makeIdentity = () =>
  seeded(3, () => {
    const layers = [1, 1, 1, 1] as const;
    return new ArcFace({ kind: 'arcface', layers, width: 1 / 32, embedding: 16, inputSize: SIZE, squeeze: false });
  });

test('both tapers end in an image; widths follow the paper', () => {
  for (const taper of ['late', 'early'] as const) {
    const network = new AeiNet({ ...config, width: 1 / 4, taper });
    const channels = network.blocks.items.map((block) => block.stages[1]![1].weight.dim(3));
    assert.equal(channels, taper === 'late' ? [32, 32, 16, 3] : [32, 16, 8, 3]);
    assert.equal(network.unet.channels, [32, 32, 16]);
    network.dispose();
  }
});

test('a side that the levels do not divide is refused', () => {
  assert.throws(() => new AeiNet({ ...config, imageSize: 20 }), /multiple of 8/);
  assert.throws(() => new AeiNet({ ...config, levels: 9 }), /levels/);
});

test('the attribute loss is half the mean square of each map, added up', async () => {
  const maps = [full([1, 2, 2, 1], 3), full([2], 1)];
  const loss = scope(() => attributeLoss(maps, [full([1, 2, 2, 1], 1), full([2], 2)]));
  assert.is(await loss.item(), 2.5);
});

test('the first stage learns one batch, kinds as the recipe has them', async () => {
  const network = seeded(1, () => new AeiNet(config));
  const discriminator = seeded(2, () => new Discriminator({ width: 1 / 32, layers: 2, scales: 1 }));
  const data = new OneBatch();
  const recipe = { ...faceShifterPaper, pairs: ['same', 'same', 'cross'] as const, optimizer };
  const trainer = new AeiTrainer({ network, discriminator, identity: makeIdentity(), data, recipe });
  const early = await trainer.losses().catch((error: unknown) => error);
  assert.instance(early, ArgumentError);
  await trainer.run();
  const first = await trainer.losses();
  while (trainer.step < 10) await trainer.run();
  const { live } = gpu.memory;
  while (trainer.step < 40) await trainer.run();
  assert.is(gpu.memory.live, live);
  const last = await trainer.losses();
  assert.equal(data.kinds.slice(0, 4), ['same', 'same', 'cross', 'same']);
  assert.ok(last.reconstruction < 0.8 * first.reconstruction, `${first.reconstruction} → ${last.reconstruction}`);
  assert.ok(last.attributes < first.attributes);
  assert.ok(Object.values(last).every(Number.isFinite));
  trainer.dispose();
});

test('the second stage learns to put back what is in front, and leaves the first alone', async () => {
  const aei = seeded(1, () => new AeiNet(config));
  const hear = seeded(2, () => new HearNet({ width: 1 / 32, levels: 3 }));
  const faceShifter = new FaceShifter({ aei, hear, identity: makeIdentity() });
  const before = await aei.parameters()[0]!.floats();
  const recipe = { ...faceShifterPaper, refinementPairs: ['same'] as const, optimizer };
  const trainer = new HearTrainer({ faceShifter, data: new OneBatch(), recipe, seed: 4 });
  await trainer.run();
  const first = await trainer.losses();
  for (let k = 1; k < 40; k++) await trainer.run();
  const last = await trainer.losses();
  assert.ok(last.change < first.change, `${first.change} → ${last.change}`);
  assert.equal(await aei.parameters()[0]!.floats(), before);
  trainer.dispose();
});

test('an identity network of another length is refused', () => {
  const networks = { aei: new AeiNet({ ...config, identity: 8 }), hear: new HearNet({ width: 1 / 32, levels: 3 }) };
  assert.throws(() => new FaceShifter({ ...networks, identity: makeIdentity() }), /embedding/);
});

test('occluders cover what they say and nothing else', async () => {
  const count = 8;
  const numbers = drawOccluders(new HostRandom(1), count, 0.4);
  const { images, cover } = scope(() =>
    occlude(full([count, SIZE, SIZE, 3], 2), tensor(numbers, [count, occluderNumbers])),
  );
  const [pixels, covered] = [await images.floats(), await cover.floats()];
  let [some, none] = [0, 0];
  for (let n = 0; n < count; n++) {
    const area = covered.subarray(n * SIZE * SIZE, (n + 1) * SIZE * SIZE).reduce((sum, x) => sum + x, 0);
    if (numbers[n * occluderNumbers] === 0) {
      assert.is(area, 0);
      none++;
    } else {
      assert.ok(area > 0 && area < (SIZE * SIZE) / 2, String(area));
      some++;
    }
  }
  assert.ok(some > 0 && none > 0);
  pixels.forEach((value, k) => {
    const share = covered[Math.floor(k / 3)]!;
    if (share === 0) assert.is(value, 2);
    if (share === 1) assert.ok(value <= 1);
  });
});

test.run();
