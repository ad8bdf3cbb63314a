import { type Gpu, withVariant } from '@visage/gpu';
import {
  adain,
  batchNorm,
  cast,
  concat,
  grad,
  instanceNorm,
  leakyRelu,
  mul,
  sin,
  square,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { is, ok, throws } from 'uvu/assert';
import { composedAdain } from '../../packages/tensor/src/norm/adain.ts';
import { composedBatchNorm } from '../../packages/tensor/src/norm/batchNorm.ts';
import { composedInstanceNorm } from '../../packages/tensor/src/norm/instanceNorm.ts';
import { normFamily, planRows } from '../../packages/tensor/src/reduce/plan.ts';
import { totalFamily } from '../../packages/tensor/src/reduce/threads.ts';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck, type HostTensor, randomInput } from '../helpers/gradcheck.ts';
import { sameFunction } from '../helpers/sameFunction.ts';

const { test, gpu } = await gpuSuite('norms');

type Fn = (...xs: Tensor[]) => Tensor;
const running = (c: number) => [tensor(new Float32Array(c)), tensor(new Float32Array(c).fill(1))] as const;
const trainNorm: Fn = (x, w, b) => {
  const [m, v] = running(x!.dim(-1));
  return batchNorm(x!, w!, b!, m, v, { train: true });
};
const evalNorm: Fn = (x, w, b) => {
  const [m, v] = running(x!.dim(-1));
  return batchNorm(x!, w!, b!, m, v, { train: false });
};

const leakyNorm: Fn = (x, w, b) => {
  const [m, v] = running(x!.dim(-1));
  return batchNorm(x!, w!, b!, m, v, { train: true, slope: 0.2 });
};
const composedLeakyNorm: Fn = (x, w, b) => leakyRelu(composedBatchNorm(x!, w!, b!, 1e-5), 0.2);

// Four channels take vec4f, three take f32; 41, 47 and 55 rows or columns leave uneven chunks.
const image = (c: number, seed = 1) => randomInput([2, 5, 7, c], { seed, scale: 2, shift: 1 });
const style = (c: number) => randomInput([2, 2 * c], { seed: 5, scale: 0.5 });
const CASES: Record<string, { fn: Fn; composed?: Fn; inputs: HostTensor[]; kinks?: boolean }> = {};
for (const c of [3, 4]) {
  CASES[`instanceNorm, ${c} channels`] = {
    fn: (x) => instanceNorm(x!),
    composed: (x) => composedInstanceNorm(x!, 1e-5),
    inputs: [image(c)],
  };
  CASES[`adain, ${c} channels`] = {
    fn: (x, s) => adain(x!, s!),
    composed: (x, s) => composedAdain(x!, s!),
    inputs: [image(c), style(c)],
  };
  CASES[`adain with ReLU and residual, ${c} channels`] = {
    fn: (x, s, r) => adain(x!, s!, { relu: true, residual: r }),
    composed: (x, s, r) => composedAdain(x!, s!, { relu: true, residual: r }),
    inputs: [image(c), style(c), image(c, 7)],
    kinks: true,
  };
  CASES[`batchNorm in training, ${c} channels`] = {
    fn: trainNorm,
    composed: (x, w, b) => composedBatchNorm(x!, w!, b!, 1e-5),
    inputs: [image(c), randomInput([c], { seed: 2, shift: 1 }), randomInput([c], { seed: 3 })],
  };
}
CASES['batchNorm with leaky ReLU'] = {
  fn: leakyNorm,
  composed: composedLeakyNorm,
  inputs: [image(4), randomInput([4], { seed: 2, shift: 1 }), randomInput([4], { seed: 3 })],
  kinks: true,
};
CASES['batchNorm in training, matrix'] = {
  fn: trainNorm,
  composed: (x, w, b) => composedBatchNorm(x!, w!, b!, 1e-5),
  inputs: [randomInput([6, 9]), randomInput([9], { seed: 2, shift: 1 }), randomInput([9], { seed: 3 })],
};
CASES['batchNorm in evaluation'] = {
  fn: evalNorm,
  inputs: [image(4), randomInput([4], { seed: 2 }), randomInput([4], { seed: 3 })],
};
CASES['instanceNorm, 41×47'] = {
  fn: (x) => instanceNorm(x!),
  composed: (x) => composedInstanceNorm(x!, 1e-5),
  inputs: [randomInput([1, 41, 47, 4])],
};
CASES['adain, 55×3'] = {
  fn: (x, s) => adain(x!, s!),
  composed: (x, s) => composedAdain(x!, s!),
  inputs: [randomInput([2, 55, 3, 5]), style(5)],
};

for (const [name, { fn, composed, inputs, kinks }] of Object.entries(CASES)) {
  test(`${name}: finite differences`, async () => {
    await gradcheck(fn, inputs, kinks ? { kinks, tolerance: 1e-2 } : {});
    await gradcheck(fn, inputs, kinks ? { order: 2, kinks, tolerance: 3e-2 } : { order: 2 });
  });
  if (composed) test(`${name}: fused equals composed`, () => sameFunction(fn, composed, inputs));
}

// On llvmpipe a kernel with barriers takes seconds to compile, so each variant meets each of its kernels once: eight
// channels are blocks of two groups of four with a style per sample, three are scalars with one scale for all samples.
for (const { name, plan } of normFamily.variants) {
  // 1927 rows fall into several chunks by every rule; a workgroup that owns its planes needs a few rows for each of its
  // threads.
  const { oneLaunch } = plan({ outer: 2, rows: 1927, channels: 8, eps: 1e-5 }, gpu);
  const input = (c: number, seed: number) =>
    randomInput([2, oneLaunch ? 13 : 41, oneLaunch ? 43 : 47, c], { seed, shift: 1 });
  const forced = <T>(run: () => T): T => withVariant('norm', name, run);
  const perChannel = [randomInput([3], { seed: 2, shift: 1 }), randomInput([3], { seed: 3 })];

  test(`variant ${name} computes what the composition does`, async () => {
    const fused: Fn = (a, s, r) => adain(a!, s!, { relu: true, residual: r });
    const plain: Fn = (a, s, r) => composedAdain(a!, s!, { relu: true, residual: r });
    await sameFunction(fused, plain, [input(8, 1), style(8), input(8, 7)], 2e-4, forced);
    await sameFunction(leakyNorm, composedLeakyNorm, [input(3, 1), ...perChannel], 2e-4, forced);
  });

  test(`variant ${name} moves the running statistics`, async () => {
    const x = input(3, 1);
    const [mean, variance] = running(3);
    const [weight, bias] = perChannel.map((p) => tensor(p.values, p.shape)) as [Tensor, Tensor];
    forced(() => batchNorm(tensor(x.values, x.shape), weight, bias, mean, variance, { train: true, slope: 0.2 }));
    const host = [...x.values].filter((_, k) => k % 3 === 0);
    const average = host.reduce((a, b) => a + b) / host.length;
    const spread = host.reduce((a, b) => a + (b - average) ** 2, 0) / (host.length - 1);
    ok(Math.abs(((await mean.floats())[0] as number) - 0.1 * average) < 1e-5);
    ok(Math.abs(((await variance.floats())[0] as number) - (0.9 + 0.1 * spread)) < 1e-5);
  });
}

// Blocks of 16 channel groups, wider than a subgroup of a software adapter, and planes in whose last rows some threads
// have none.
for (const total of totalFamily.variants)
  for (const name of ['in registers', 'chunks by workgroup'])
    test(`variant ${name}, sums over a workgroup ${total.name}, computes what the composition does`, async () => {
      const forced = <T>(run: () => T): T => withVariant('total', total.name, () => withVariant('norm', name, run));
      const rows = name === 'in registers' ? [5, 7] : [13, 43];
      const wide = (seed: number) => randomInput([2, ...rows, 64], { seed, shift: 1 });
      const fused: Fn = (a, s, r) => adain(a!, s!, { relu: true, residual: r });
      const plain: Fn = (a, s, r) => composedAdain(a!, s!, { relu: true, residual: r });
      await sameFunction(fused, plain, [wide(1), style(64), wide(7)], 2e-4, forced);
    });

test('planes of f16 of which a thread has 14 rows, in blocks of 64 channels', async () => {
  if (!gpu.device.features.has('shader-f16')) return;
  // enough for workgroups of 64 channels to fill a GPU
  const samples = randomInput([128, 1, 1, 1], { seed: 9, shift: 1 });
  const image = (seed: number) => {
    const { values, shape } = randomInput([1, 18, 21, 64], { seed, shift: 1 });
    const half = cast(mul(tensor(values, shape), tensor(samples.values, samples.shape)), 'f16').detach();
    half.requiresGrad = true;
    return half;
  };
  const [x, residual] = [image(1), image(7)];
  const offsets = randomInput([128, 128], { seed: 5, scale: 0.5 });
  const results = (name: string) =>
    withVariant('norm', name, () => {
      const y = adain(x, tensor(offsets.values, offsets.shape), { relu: true, residual });
      return [y, ...grad(y, [x], { gradOutputs: [residual.detach()] })];
    });
  const [registers, serial] = [results('in registers'), results('chunks')];
  for (const [k, what] of ['value', 'gradient'].entries()) {
    const error = relativeError(await registers[k]!.floats(), await serial[k]!.floats());
    ok(error < 1e-3, `${what}: relative error ${error}`);
  }
});

test('norms in registers, forced on planes that fit into no workgroup, are refused', () => {
  const x = tensor(new Float32Array(121 * 121 * 4), [1, 121, 121, 4]);
  throws(
    () => withVariant('norm', 'in registers', () => instanceNorm(x)),
    /norm: in registers cannot compute rows of 1 x 14641 x 4 .*: 14641 rows do not fit/,
  );
});

/** All that norms ask of a device that computes on hardware. */
const hardware = (threads: number, memory: number, subgroups: readonly [number, number] = [32, 32], processors = 132) =>
  ({
    adapter: { software: false },
    profile: { processors },
    device: {
      limits: { maxComputeInvocationsPerWorkgroup: threads, maxComputeWorkgroupStorageSize: memory },
      features: new Set(['subgroups']),
      adapterInfo: { subgroupMinSize: subgroups[0], subgroupMaxSize: subgroups[1] },
    },
  }) as unknown as Gpu;

/** Variant, threads, channel groups and rows of a thread. */
function planned(device: Gpu, outer: number, rows: number, channels: number): string {
  const { sharing, registers, chunks } = planRows(normFamily, { outer, rows, channels, eps: 1e-5 }, device);
  const { WG, BLOCK } = sharing.constants;
  return `${sharing.choice?.variant.name} ${WG}/${BLOCK} ${registers?.REGISTER_ROWS ?? chunks}`;
}

test('planes are kept in registers in runs of memory as long as registers, processors and limits allow', () => {
  const large = hardware(1024, 49152);
  is(planned(large, 16, 784, 512), 'in registers 448/8 14');
  is(planned(large, 128, 448, 64), 'in registers 512/16 14');
  is(planned(large, 4, 784, 512), 'in registers 448/4 7', 'enough workgroups for all processors');
  is(planned(large, 1, 3136, 512), 'in registers 448/2 14', 'never one channel group where two lie side by side');
  is(planned(large, 2, 559, 3), 'in registers 288/1 2', 'unless there is no other');
  is(planned(large, 1, 4000, 512), 'cached 512/4 1');
  is(planned(large, 1, 802816, 64), 'chunks by workgroup 256/16 1056');
  const half = hardware(1024, 49152, [32, 32], 66);
  is(planned(half, 4, 784, 512), 'in registers 448/8 14', 'half as many processors are filled by larger workgroups');
  is(planned(half, 1, 802816, 64), 'chunks by workgroup 256/16 528');
  const small = hardware(256, 16384);
  is(planned(small, 16, 784, 512), 'in registers 224/4 14');
  is(planned(small, 16, 3136, 128), 'cached 256/4 1');
  is(
    planned(hardware(1024, 16384, [8, 32]), 128, 448, 64),
    'in registers 256/8 14',
    'sums in columns take more memory',
  );
});

test('sums over a workgroup are shuffled where subgroups have one size', () => {
  const chosen = (device: Gpu) => totalFamily.choose(device, { threads: 448, block: 8 });
  is(chosen(hardware(256, 16384)).variant.name, 'shuffled');
  const varying = chosen(hardware(256, 16384, [8, 32]));
  is(varying.variant.name, 'columns');
  is(varying.declined[0]?.reason, "needs subgroups of one size, this adapter's have 8 to 32");
  is(chosen(hardware(256, 16384, [128, 128])).variant.name, 'columns');
});

test('gradients of third order go through the composition', async () => {
  const slope =
    (fn: Fn): Fn =>
    (...xs) =>
      grad(sum(sin(fn(...xs))), [xs[0]!], { createGraph: true })[0]!;
  const { fn, composed, inputs } = CASES['batchNorm in training, 4 channels']!;
  await sameFunction(slope(fn), slope(composed!), inputs, 1e-3);
});

/** Largest deviation of a variant from a reference in f64. */
async function worstError(variant: string, x: HostTensor): Promise<number> {
  const [channels, eps] = [x.shape.at(-1) as number, 1e-8];
  const y = await withVariant('norm', variant, () => instanceNorm(tensor(x.values, x.shape), eps)).floats();
  let worst = 0;
  for (let c = 0; c < channels; c++) {
    const values = x.values.filter((_, k) => k % channels === c);
    const mean = values.reduce((s, v) => s + v, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length + eps);
    for (const [k, v] of values.entries()) {
      worst = Math.max(worst, Math.abs((y[channels * k + c] as number) - (v - mean) / deviation));
    }
  }
  return worst;
}

// Forced, for the variants of a hardware adapter sum in one pass about a row of the data, those of a software adapter
// in several.
for (const { name } of normFamily.variants) {
  test(`a pixel far from all others spoils nothing, variant ${name}`, async () => {
    const rows = 41 * 55;
    // First, last, and those that `held` takes its pivot from. The pixel itself lies 47 deviations away.
    for (const odd of [0, rows - 1, Math.floor(rows / 3), Math.floor(rows / 2), Math.floor((2 * rows) / 3)]) {
      const x = randomInput([1, 41, 55, 4], { scale: 0.01, shift: 1 });
      x.values.fill(0, 4 * odd, 4 * odd + 4);
      const worst = await worstError(name, x);
      ok(worst < 1e-4, `pixel ${odd}: ${worst}`);
    }
  });

  test(`a mean far from zero does not cancel, variant ${name}`, async () => {
    const worst = await worstError(name, randomInput([1, 47, 41, 3], { scale: 0.01, shift: 100 }));
    ok(worst < 1e-4, `${worst}`);
  });
}

test('a style computed from x, and x as its own residual: each path counts once', async () => {
  const fn: Fn = (x) => {
    const means = mul(sum(x!, [1, 2]), 0.05);
    return adain(x!, concat([means, square(means)], 1), { residual: x! });
  };
  await gradcheck(fn, [image(4)]);
  await gradcheck(fn, [image(4)], { order: 2 });
});

test('batchNorm moves the running statistics as PyTorch does', async () => {
  const [mean, variance] = running(1);
  const x = tensor([1, 2, 3, 6], [4, 1]);
  batchNorm(x, tensor([1]), tensor([0]), mean, variance, { train: true, momentum: 0.1 });
  ok(Math.abs((await mean.item()) - 0.3) < 1e-6);
  ok(Math.abs((await variance.item()) - (0.9 + 0.1 * (14 / 3))) < 1e-6, 'unbiased variance 14 / 3');
});

test('messages name the op, the argument and what was expected', () => {
  const x = tensor(new Float32Array(24), [1, 2, 3, 4]);
  throws(() => adain(x, tensor([1, 2], [1, 2])), /adain: style is \[1, 2\], expected \[1, 8\]/);
  throws(() => instanceNorm(tensor([1, 2])), /instanceNorm: x is \[2\]/);
  throws(() => trainNorm(tensor([1, 2], [1, 2]), tensor([1, 1]), tensor([1, 1])), /at least two in training/);
});

test.run();
