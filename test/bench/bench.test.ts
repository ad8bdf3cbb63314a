/** @file What keeps the benchmarks honest: a run must compute something, and peers must compute the same. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentGpu, useGpu } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { type LossName, lossNames } from '@visage/simswap';
import { tensor } from '@visage/tensor';
import { Command } from 'commander';
import * as assert from 'uvu/assert';
import { addBenches } from '../../bench/commands/benches.ts';
import { fillPlaces } from '../../bench/commands/tables.ts';
import { measureCeilings } from '../../bench/core/ceilings.ts';
import type { ConvolutionRow } from '../../bench/core/convolution.ts';
import { countingGpu } from '../../bench/core/countingDevice.ts';
import { checkHealth, magnitudes } from '../../bench/core/health.ts';
import { type KernelOptions, measureKernels } from '../../bench/core/kernels.ts';
import { countMemory } from '../../bench/core/memory.ts';
import { disposeModels } from '../../bench/core/models.ts';
import { timeNetwork } from '../../bench/core/networks.ts';
import { meanLosses } from '../../bench/core/step.ts';
import { type Competitor, type ContestEntry, competitor, contest } from '../../bench/peers/contest.ts';
import type { Pace } from '../../bench/peers/measure.ts';
import { PeerProcess } from '../../bench/peers/process.ts';
import { visageEngine } from '../../bench/peers/visage.ts';
import { type WorkSizes, works } from '../../bench/peers/work.ts';
import { benchPage } from '../../bench/report/page.ts';
import { benchResult, readResult, writeResult } from '../../bench/report/result.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('bench');
const sizes = { size: 16, width: 1 / 16, blocks: 1 };

test('a run that computes zeros or no numbers is an error that names what was computed', async () => {
  checkHealth('step', { loss: 1e-9 });
  for (const value of [0, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => checkHealth('step', { identity: 1, loss: value }), /step: loss is .*measures nothing/);
  assert.equal(await magnitudes([tensor([3, -3]), tensor([0, 0])]), [3, 0]);
  assert.ok(Number.isNaN((await magnitudes([tensor([1, Number.NaN])]))[0]));
});

test('a device that computes nothing has no ceilings', async () => {
  try {
    await measureCeilings(countingGpu()).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /^ceiling, copy: result is 0; .*measures nothing/),
    );
  } finally {
    useGpu(gpu);
  }
});

test('steps that were skipped because a batch overflowed f16 count, but not in the mean losses', () => {
  const report = (value: number, adversarial = value) => ({
    losses: {
      ...(Object.fromEntries(lossNames.map((name) => [name, value])) as Record<LossName, number>),
      adversarial,
    },
  });
  const { losses, overflowed } = meanLosses([report(1), report(9, Number.NaN), report(3), report(9, Infinity)]);
  for (const name of lossNames) assert.is(losses[name], 2, name);
  assert.is(overflowed, 2);
  assert.is(meanLosses([report(1)]).overflowed, undefined);
  assert.throws(() => checkHealth('step', { ...meanLosses([report(Number.NaN)]).losses }), /measures nothing/);
});

test('networks: device and wall time, dispatches, gradient norm', async () => {
  const row = await timeNetwork(gpu, 'generator', { pass: 'training', batch: 1, precision: 'f32', sizes }, 1);
  assert.ok(row.deviceMs > 0 && row.wallMs > 0 && row.imagesPerSecond > 0);
  assert.ok((row.dispatches ?? 0) > 50);
  assert.ok((row.gradientNorm ?? 0) > 0);
});

test('kernels: each shape once, with its rate, its choice and why others declined; tables and page show them', async () => {
  const precisions = ['f32', 'mixed'] as const;
  const told: number[] = [];
  const onRows: KernelOptions['onRows'] = (_, soFar) => {
    told.push(soFar.rows.length);
  };
  const options = { sizes, batches: [1], precisions, networks: ['generator'] as const, rounds: 1, spanMs: 0, onRows };
  disposeModels();
  const before = gpu.memory.live;
  const report = await measureKernels(gpu, options);
  disposeModels();
  assert.is(gpu.memory.live, before, 'everything was given back');
  const keys = report.rows.map(({ kernel, shape, choice, flops }) => `${kernel} ${shape} ${choice?.problem} ${flops}`);
  assert.ok(keys.length > 30);
  assert.equal([told.length, told[1]], [2, keys.length], 'all so far, after each network');
  for (const precision of precisions)
    assert.is(
      report.rows.some((row) => row.precision === precision && row.half && row.kernel === 'gemm/conv2d'),
      precision === 'mixed',
    );
  for (const { kernel, ms, bytes, choice } of report.rows) {
    assert.ok(ms >= 0 && bytes > 0, kernel);
    if (kernel === 'gemm/conv2d') assert.ok(choice?.within && choice.within.declined.length > 0, kernel);
    for (const { reason } of choice?.declined ?? []) assert.ok(reason !== '', kernel);
  }
  const result = await benchResult(gpu, 'kernels', sizes, report);
  const path = join(tmpdir(), `visage-bench-${process.pid}.json`);
  await writeResult(path, result);
  assert.equal(await readResult(path), JSON.parse(JSON.stringify(result)));
  const page = benchPage(result);
  assert.match(page, /gemm\/conv2dWeightGrad/);
  assert.match(page, /implicit gemm, [^<]+<td>\d/, 'variants, and numbers of the reasons against others');
  assert.match(page, /why not others.*<td>winograd 4x4<td>/);
  assert.not.match(page, /src="http|href="http/, 'needs no other file');
  const { text, filled } = fillPlaces(
    'a\n<!-- bench kernels most 2 -->\nold\n<!-- end -->\nb',
    new Map([['kernels', result]]),
  );
  assert.equal(filled, ['kernels']);
  assert.match(text, /^a\n<!-- bench kernels most 2 -->\n\n.*tuned problems\./);
  assert.match(text, /The 2 slowest of \d+\./);
  assert.not.match(text, /old/);
  assert.is(fillPlaces(text, new Map([['kernels', result]])).text, text, 'filling again changes nothing');
});

test('a run that ends early leaves a file with every row that it measured', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'visage-bench-'));
  const path = join(folder, 'convolutions.json');
  const program = new Command();
  addBenches(program);
  const { log } = console;
  const { normal } = HostRandom.prototype;
  let filled = 0;
  HostRandom.prototype.normal = function (...extent) {
    if (++filled > 3) throw new Error('out of time'); // a convolution fills three tensors
    return normal.apply(this, extent);
  };
  console.log = () => {};
  const small = ['--batch', '1,2', '--precision', 'f32', '--channels', '4', '--at', '4', '--repeat', '1', '--untuned'];
  try {
    await program.parseAsync(['convolutions', ...small, '--json', path], { from: 'user' }).then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, 'out of time'),
    );
  } finally {
    HostRandom.prototype.normal = normal;
    console.log = log;
    const opened = currentGpu();
    useGpu(gpu);
    if (opened !== gpu) opened.destroy();
  }
  const { bench, measured } = await readResult(path);
  assert.is(bench, 'convolutions');
  assert.equal(
    (measured as readonly ConvolutionRow[]).map(({ batch }) => batch),
    [1],
  );
  assert.equal(readdirSync(folder), ['convolutions.json']);
});

test('fused launches are fewer than 1100 in the published step, for little memory', async () => {
  const published = { sizes: { size: 224, width: 1, blocks: 9 }, batch: 4, precision: 'mixed' } as const;
  try {
    const plain = await countMemory(countingGpu(false), published);
    const fused = await countMemory(countingGpu(), published);
    assert.ok(fused.dispatches < 1100 && plain.dispatches > 1400, `${fused.dispatches} of ${plain.dispatches}`);
    assert.ok(fused.peak < 1.05 * plain.peak);
  } finally {
    disposeModels();
    useGpu(gpu);
  }
});

test('memory is counted without a device, and what is counted adds up', async () => {
  disposeModels();
  const counting = countingGpu(false);
  try {
    const published = { size: 224, width: 1, blocks: 9 };
    const row = await countMemory(counting, { sizes: published, batch: 16, precision: 'mixed' });
    const { networks, state, constants, workspace, peak } = row;
    const parts = networks + state + constants + workspace;
    assert.ok(peak > parts && peak < 1.05 * parts, 'both recorded steps compute in one workspace');
    assert.ok(peak < 3.9 * 2 ** 30, `the paper's training takes ${(peak / 2 ** 30).toFixed(2)} GiB`);
    const half = await countMemory(counting, { sizes: published, batch: 8, precision: 'mixed' });
    assert.ok(half.workspace < 0.6 * workspace);
    assert.is(half.networks, networks);
    assert.ok(state - half.state < 1024, 'random numbers of the smaller batch');
    disposeModels();
    assert.is(counting.memory.live, 0);
  } finally {
    useGpu(gpu);
  }
});

const contestOf: WorkSizes = {
  convolution: { size: 4, channelsIn: 4, channelsOut: 4, kernel: 3, batches: [1] },
  generator: { size: 8, channels: 4, latent: 8, batches: [1] },
};
const quickly: Pace = { repeat: 1, sampleMs: 0, warmMs: 0, enoughMs: 1000 };

/** Visage with another name, whose results pass through `change`. */
function impostor(name: string, change: (values: Float32Array) => Float32Array): Competitor {
  const own = competitor(name, visageEngine(gpu), works(contestOf), quickly);
  return {
    name,
    async attempt(number) {
      const measured = await own.attempt(number);
      return { ...measured, results: measured.results.map(change) };
    },
  };
}

test('peers: equal results get a time, wrong ones and failures a reason', async () => {
  const complaining = impostor('small', (values) => values.map(() => Number.NaN));
  const competitors: Competitor[] = [
    competitor('visage', visageEngine(gpu), works(contestOf), quickly),
    impostor('twin', (values) => values),
    impostor('cheat', (values) => values.map((v) => v * 1.1)),
    impostor('sleeper', (values) => values.fill(0)),
    impostor('crash', () => {
      throw new Error('out of order');
    }),
    {
      name: 'small',
      attempt: async (number) => ({ ...(await complaining.attempt(number)), complaint: 'buffer is too large' }),
    },
  ];
  const entries: ContestEntry[] = [];
  const told: number[] = [];
  const contests = await contest(
    competitors,
    works(contestOf),
    (_, entry) => entries.push(entry),
    async (ended) => {
      told.push(ended.length);
    },
  );
  assert.equal(told, [1, 2, 3], 'all that have ended, after each');
  assert.is(contests.length, 3);
  for (const { entries: results } of contests) {
    const [own, twin, cheat, sleeper, crash, small] = results as [ContestEntry, ...ContestEntry[]];
    assert.ok((own.ms ?? 0) > 0 && (own.gflops ?? 0) > 0);
    assert.ok((twin?.ms ?? 0) > 0);
    assert.is(twin?.error, 0);
    assert.is(cheat?.failure, 'computes something else');
    assert.match(sleeper?.failure ?? '', /measures nothing/);
    assert.is(crash?.failure, 'out of order');
    assert.is(small?.failure, 'buffer is too large');
  }
  assert.is(entries.length, 18);
});

test('peers: a process that answers too late is ended, and one out of time not started', async () => {
  const order = { sizes: contestOf, pace: quickly };
  const peer = new PeerProcess('jax', gpu.adapter.name, order, { contestMs: 1, peerMs: 2 });
  const failure = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'none',
      (error: Error) => error.message,
    );
  assert.match(await failure(peer.attempt(0)), /no result within/);
  while ((await failure(peer.attempt(0))).startsWith('no result'));
  assert.match(await failure(peer.attempt(0)), /not tried: it had used up/);
});

test.run();
