import { randomPhilox } from '@visage/kernels';
import { HostRandom } from '@visage/nn';
import { RandomState, record, tensor } from '@visage/tensor';
import { philox } from '@visage/tensor/kernels';
import { equal, not, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('random numbers');

// kat_vectors of the Random123 distribution, "philox4x32 10": counter, key, answer.
const KNOWN = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
] as const;

test('Philox on the host gives the known answers', () => {
  for (const [counter, key, answer] of KNOWN) {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    equal([...out], [...answer]);
  }
});

test('Philox on the device gives the known answers', async () => {
  for (const [counter, key, answer] of KNOWN) {
    const out = tensor(new Uint32Array(4));
    const input = tensor(Uint32Array.from([...counter, ...key]));
    const main = `
      @group(0) @binding(0) var<storage, read_write> out : array<u32>;
      @group(0) @binding(1) var<storage, read> words : array<u32>;
      @compute @workgroup_size(1) fn main() {
        let r = philox(vec4u(words[0], words[1], words[2], words[3]), vec2u(words[4], words[5]));
        for (var k = 0u; k < 4u; k++) { out[k] = r[k]; }
      }`;
    gpu.dispatch({
      program: { name: 'test/philox', parts: [randomPhilox, main] },
      buffers: [out.buffer, input.buffer],
      grid: [1, 1, 1],
    });
    equal([...(await out.data())], [...answer]);
  }
});

test('uniform numbers are those of the host, by seed, draw and index', async () => {
  const seed = 2 ** 40 + 77;
  const random = new RandomState(seed);
  random.uniform([3]);
  const second = await random.uniform([2, 5]).floats();
  const words = new Uint32Array(12);
  for (let block = 0; block < 3; block++)
    philox([block, 1, 0, 0], [seed % 2 ** 32, Math.floor(seed / 2 ** 32)], words, 4 * block);
  equal(
    [...second],
    [...words.subarray(0, 10)].map((w) => (w >>> 8) / 2 ** 24),
  );
});

test('moments and ranges', async () => {
  const random = new RandomState(1);
  const n = 40001;
  const moments = (v: Float32Array) => {
    const mean = v.reduce((s, x) => s + x, 0) / n;
    return [mean, v.reduce((s, x) => s + (x - mean) ** 2, 0) / n] as const;
  };
  const u = await random.uniform([n], -1, 3).floats();
  ok(u.every((x) => x >= -1 && x < 3));
  const [uMean, uVar] = moments(u);
  ok(Math.abs(uMean - 1) < 0.02 && Math.abs(uVar - 16 / 12) < 0.02, `${uMean} ${uVar}`);
  const z = await random.normal([n], 2, 0.5).floats();
  const [zMean, zVar] = moments(z);
  ok(Math.abs(zMean - 2) < 0.01 && Math.abs(zVar - 0.25) < 0.01, `${zMean} ${zVar}`);
  const beyond = z.filter((x) => Math.abs(x - 2) > 1).length / n;
  ok(Math.abs(beyond - 0.0455) < 0.005, 'share past two deviations');
});

test('the end of an interval is never drawn, on device and host', async () => {
  // Seed 72 draws a number whose sum with 1 rounds to 2; all sums of the second interval round to one of its ends.
  for (const [low, high, count] of [
    [1, 2, 1_000_000],
    [1, 1 + 2 ** -23, 100],
    [-1, 0, 1000],
    [3, 3, 10],
  ] as const) {
    const drawn = [
      await new RandomState(72).uniform([count], low, high).floats(),
      new HostRandom(72).uniform(count, low, high),
    ];
    for (const values of drawn)
      ok(
        values.every((x) => x >= low && (x < high || low === high)),
        `[${low}, ${high})`,
      );
  }
  throws(() => new RandomState(1).uniform([1], 2, 1), /uniform: high is 1, expected a finite number of at least 2/);
  throws(() => new HostRandom(1).uniform(1, 0, Number.POSITIVE_INFINITY), /HostRandom.uniform: low and high/);
  throws(() => new RandomState(1).normal([1], Number.NaN), /normal: mean is NaN/);
});

test('a replayed step draws new numbers, and a restored state the old ones', async () => {
  const random = new RandomState(5);
  const start = await random.save();
  const step = record(() => random.normal([7]));
  const first = await step.run().floats();
  const second = await step.run().floats();
  not.equal(first, second);
  random.restore(start);
  equal(await step.run().floats(), first);
  random.restore(start);
  equal(await random.normal([7]).floats(), first, 'eager equals replayed');
});

test('the draw counter carries into its high word', async () => {
  const random = new RandomState(0);
  random.restore(Uint32Array.of(0, 0, 0xffffffff, 4));
  random.uniform([1]);
  equal([...(await random.save())], [0, 0, 0, 5]);
});

test('a seed must be a natural number', () => {
  throws(() => new RandomState(-1), /RandomState: seed is -1/);
});

test.run();
