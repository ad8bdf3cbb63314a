/** @file Buckets packed, averaged and unpacked on the device, against the same in plain TypeScript. Needs no MPI. */
import { BucketExchange, loopback, type Transport } from '@visage/distributed';
import { packedBytes } from '@visage/gpu';
import { keep, record, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { halfBits, halfValue } from '../../packages/tensor/src/core/float16.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';
import { hub } from './hub.ts';

const { test, gpu } = await gpuSuite('buckets of an exchange');

/** Sizes that leave parts and vectors incomplete, and one that fills a bucket by itself. */
const SIZES = [3, 257, 1024, 5, 4099, 128];
const BUCKET = 6000;

const half = (x: number): number => halfValue(halfBits(x));

/** The mean as the kernels define it: summed in f32 in the order of the ranks; rounded on both ways in f16. */
function meanOf(values: readonly number[], inHalf: boolean): number {
  const sent = values.map((x) => (inHalf ? half(x) : x));
  const sum = sent.reduce((a, b) => Math.fround(a + b), 0);
  const mean = Math.fround(Math.fround(1 / values.length) * sum);
  return inHalf ? half(mean) : mean;
}

/** Random tensors of every rank, with some numbers that f16 cannot hold and some that nothing can. */
function tensorsOf(ranks: number): Tensor[][] {
  const random = hostRandom(4);
  return Array.from({ length: ranks }, (_, rank) =>
    SIZES.map((size) => {
      const values = random.normals(size, 10 ** rank);
      if (size === 257 && rank === 1) values.set([Number.NaN, Number.POSITIVE_INFINITY, 1e5, 1e-7, 65519], 7);
      if (size === 257) values[20] = -0;
      return keep(tensor(values, [size]));
    }),
  );
}

for (const ranks of [2, 3])
  for (const inHalf of [false, true])
    test(`${ranks} ranks, ${inHalf ? 'f16' : 'f32'}: every rank has the mean, twice the same`, async () => {
      const own = tensorsOf(ranks);
      const values = await Promise.all(own.map((list) => Promise.all(list.map((x) => x.floats()))));
      const plans = hub(ranks).map((transport, rank) =>
        new BucketExchange(gpu, transport, { bucketBytes: BUCKET }).plan({
          gradients: (own[rank] as Tensor[]).slice(1),
          exact: (own[rank] as Tensor[]).slice(0, 1),
          half: inHalf,
        }),
      );
      for (let run = 0; run < 2; run++) {
        await Promise.all(plans.map((plan) => plan.run()));
        for (const plan of plans)
          for (const [k, mean] of [...plan.exact, ...plan.gradients].entries()) {
            const got = await mean.floats();
            const expected = got.map((_, i) =>
              meanOf(
                values.map((list) => list[k]?.[i] as number),
                inHalf && k > 0,
              ),
            );
            for (const [i, x] of expected.entries())
              assert.ok(Object.is(got[i], x) || got[i] === x, `tensor ${k}, element ${i}: ${got[i]}, expected ${x}`);
          }
      }
      for (const plan of plans) plan.dispose();
      for (const x of own.flat()) x.dispose();
    });

test('two ranks: nothing is put over what the other one has not taken yet', async () => {
  const values = [1, 2];
  const own = values.map((value) =>
    keep(
      tensor(
        Float32Array.from({ length: 8 }, () => value),
        [8],
      ),
    ),
  );
  const [first, second] = hub(2) as [Transport, Transport];
  let take = () => {};
  const mayTake = new Promise<void>((resolve) => {
    take = resolve;
  });
  const gathered = second.allGather.bind(second);
  second.allGather = (part) => {
    const message = gathered(part);
    return { ...message, take: (to) => mayTake.then(() => message.take(to)) };
  };
  const planOf = (transport: Transport, gradient: Tensor) =>
    new BucketExchange(gpu, transport).plan({ gradients: [gradient], half: false, exact: [] });
  const [a, b] = [planOf(first, own[0] as Tensor), planOf(second, own[1] as Tensor)];
  const late = b.run();
  await a.run();
  own[0]?.write(new Float32Array(8).fill(5));
  const again = a.run();
  await gpu.sync(); // the second bucket of rank 0 is computed
  await new Promise((resolve) => setTimeout(resolve, 50));
  take();
  await late;
  assert.equal(await b.gradients[0]?.floats(), new Float32Array(8).fill(1.5));
  await Promise.all([again, b.run()]);
  for (const plan of [a, b]) assert.equal(await plan.gradients[0]?.floats(), new Float32Array(8).fill(3.5));
  for (const each of [a, b, ...own]) each.dispose();
});

test('an exchange without another rank gives what it was given', async () => {
  const x = keep(tensor(hostRandom(6).normals(4099), [4099]));
  const exchange = new BucketExchange(gpu, await loopback(2), { bucketBytes: BUCKET });
  const plan = exchange.plan({ gradients: [x], half: false, exact: [] });
  await plan.run();
  assert.equal(await plan.gradients[0]?.floats(), await x.floats());
  const [times] = exchange.takeTimes();
  assert.is(times?.bytes, packedBytes(4 * 4099));
  plan.dispose();
  x.dispose();
});

test('buckets leave in the middle of a step, and the step has the bits of one that runs through', async () => {
  const x = keep(tensor(hostRandom(5).normals(600), [600]));
  const step = record(() => {
    const first = x.mul(2).add(1);
    const second = first.square().sub(x);
    return { first, second, last: second.mul(first) };
  });
  const { first, second, last } = step.run();
  const expected = await Promise.all([first, second, last].map((y) => y.floats()));
  const order = [first, second, last].map((y) => step.completeAfter(y.buffer));
  assert.equal(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.is(order.at(-1), step.dispatches);
  const seen: number[] = [];
  await step.runInParts(order, (cut) => {
    seen.push(cut);
  });
  assert.equal(seen, [0, 1, 2]);
  assert.equal(await Promise.all([first, second, last].map((y) => y.floats())), expected);
  step.dispose();
  x.dispose();
});

test.run();
