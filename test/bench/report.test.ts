/** @file Tables, plots and pages say what the files of the benchmarks say; needs no GPU. */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTables, fillPlaces } from '../../bench/commands/tables.ts';
import type { ContestEntry } from '../../bench/peers/contest.ts';
import { chartsOf } from '../../bench/report/charts.ts';
import { arithmeticRate, memoryRate, significant } from '../../bench/report/format.ts';
import { peerTable } from '../../bench/report/peers.ts';
import { type BenchName, type BenchResult, readResult, writeResult } from '../../bench/report/result.ts';
import { tablesOf } from '../../bench/report/tables.ts';

const test = suite('reports of benchmarks');
const sizes = { size: 16, width: 1 / 16, blocks: 1 };
const tflops = { forward: 3, inputGradient: 2, weightGradient: 1 };

test('rates have a unit that suits them', () => {
  assert.is(arithmeticRate(230_400), '230 TFLOP/s');
  assert.is(arithmeticRate(8.456), '8.46 GFLOP/s');
  assert.is(memoryRate(3950), '3.95 TB/s');
  assert.is(significant(0.01234), '0.0123');
  assert.is(significant(1234.5), '1235');
});

test('the table of a step tells what a kernel costs the host', () => {
  const row = { precision: 'mixed', batch: 4, ms: 20, imagesPerSecond: 200, deviceMs: 19, hostMs: 9, hostShare: 0.45 };
  const measured = [{ ...row, dispatches: 1800, peakGiB: 2, updates: {}, losses: {} }];
  const [table] = tablesOf({ bench: 'step', measured } as unknown as BenchResult);
  const [head, line] = table?.rows ?? [];
  assert.is(line?.[head?.indexOf('host µs per kernel') ?? -1], '5.00');
});

test('what is reached: bounds of figures and of ratios are kept or missed, and say nothing without PyTorch', () => {
  const row = { what: 'swap', unit: 'ms', ours: 1, must: { ratio: 0.6 }, aim: { value: 0.8 } };
  const measured = [{ ...row, theirs: 2 }, row, { what: 'step', unit: 'launches', ours: 900, must: { value: 967 } }];
  const [table] = tablesOf({ bench: 'reach', measured } as unknown as BenchResult);
  assert.equal(table?.rows.slice(1), [
    ['swap', '1.00 ms', '2.00 ms', '0.500', 'ratio 0.600, reached', '0.800 ms, missed'],
    ['swap', '1.00 ms', '', '', 'ratio 0.600', '0.800 ms, missed'],
    ['step', '900', '', '', '967, reached', ''],
  ]);
});

test('the ladder of products: rates as shares of the best, and why a version is missing', () => {
  const [table] = tablesOf({ bench: 'ladder', measured: fullRun.ladder } as unknown as BenchResult);
  assert.equal(table?.rows.slice(1), [
    ['naive', 'f32', '16 x 16', '0.250', '137', '1.00 TFLOP/s', '50 %'],
    ['matrices', 'f16', '64 x 64', '16.0', '', '', ''],
  ]);
  assert.match(table?.note ?? '', /a copy 1\.00 GB\/s, .* Not here: matrices, it needs the feature shader-f16\.$/);
});

test('the note under convolutions tells variants once: for passes and for rows that are alike', () => {
  const lines = [
    'winograd/inputLine: winograd 2x2',
    'gemm/winograd: tiled 64x128x16',
    'winograd/outputTransform: winograd 2x2',
  ];
  const winograd = { forward: lines, inputGradient: lines, weightGradient: lines };
  const turned = ['shape/transpose: tiles', 'gemm/conv2dInputGrad: matrix 64x256x16'];
  const forward = ['gemm/conv2d: matrix 64x256x16', 'gemm/conv2dMerge: matrix 64x256x16'];
  const direct = { forward, inputGradient: turned, weightGradient: ['gemm/conv2dWeightGrad: matrix 128x64x16'] };
  const measured = [
    { precision: 'f32', batch: 1, tflops, kernels: winograd },
    { precision: 'f32', batch: 4, tflops, kernels: winograd },
    { precision: 'f16', batch: 1, tflops, kernels: direct },
  ];
  const [table] = tablesOf({ bench: 'convolutions', measured } as unknown as BenchResult);
  assert.is(
    table?.note,
    'Counted as direct convolutions. Variants: f32, batch 1, 4: winograd 2x2 on tiled 64x128x16; ' +
      'f16, batch 1: forward and input gradient matrix 64x256x16, weight gradient matrix 128x64x16.',
  );
});

test('peers: a table has a line for all passes together, and tells what failed', () => {
  const entries = (ms: number): ContestEntry[] => [
    { name: 'visage', ms: 1, gflops: 10 },
    { name: 'slow', ms, gflops: 10 / ms, error: 1e-6 },
    { name: 'gone', failure: 'no result within 20 s' },
  ];
  const work = { what: 'convolution', batch: 4 };
  const { rows, note } = peerTable({
    devices: {},
    contests: [
      { ...work, pass: 'forward', entries: entries(10) },
      { ...work, pass: 'both gradients', entries: entries(30) },
    ],
  });
  assert.equal(
    rows.map((row) => row.at(-1)),
    ["Visage's time over the better peer's", '0.100', '0.0333', '0.0500'],
  );
  assert.equal(rows[3], ['convolution', '4', 'forward + both gradients', '2.00 ms', '40.0 ms', '–', '0.0500']);
  assert.match(note ?? '', /gone: no result within 20 s \(convolution, batch 4, forward; convolution, batch 4, both/);
});

test('real faces: a row of pairs has no frames, a row of films no pairs', () => {
  const films = { frames: 96, asked: 72, right: 71, leastOwn: 0.5, mostOther: 0.25, apart: 90 };
  const measured = [
    { faces: 'a', count: 9, pairs: 36, agreement: 0.5, meanCosine: 0.125 },
    { faces: 'b', count: 96, films },
  ];
  const [table] = tablesOf({ bench: 'carryover', measured } as unknown as BenchResult);
  assert.equal(table?.rows.slice(1), [
    ['a', '9', '36', '0.500', '0.125', '', '', '', ''],
    ['b', '96', '', '', '', '71 of 72', '0.500', '0.250', '90 of 96'],
  ]);
});

test('the last row of inner faces is their mean', () => {
  const face = { share: 0.4, network: 0.5, masked: 0.75, outline: 0.5, others: 0 };
  const measured = [
    { face: 'a', ...face },
    { face: 'b', ...face, network: 1 },
  ];
  const [table] = tablesOf({ bench: 'parsing', measured } as unknown as BenchResult);
  assert.equal(table?.rows.at(-1), ['mean of 2', '0.400', '0.750', '0.750', '0.500', '0.000']);
});

test('plots over the batch: convolutions, memory, peers; what is missing is a gap', () => {
  const plotted = (bench: string, measured: unknown) => chartsOf({ bench, measured } as BenchResult);
  const [rates] = plotted('convolutions', [
    { precision: 'f32', batch: 4, tflops },
    { precision: 'f16', batch: 1, tflops },
  ]);
  assert.equal(rates?.steps, [1, 4]);
  assert.equal(rates?.curves['forward f32'], [null, 3]);
  assert.equal(rates?.curves['weight gradient f16'], [1, null]);
  const bytes = { networks: 2 ** 29, state: 0, constants: 0, workspace: 2 ** 30, peak: 2 ** 31 };
  const memory = plotted('memory', [
    { precision: 'mixed', batch: 4, ...bytes },
    { precision: 'f32', batch: 4, ...bytes },
  ]);
  assert.equal(
    memory.map(({ title, curves }) => [title, curves.networks, curves.peak]),
    [
      ['mixed, GiB', [0.5], [2]],
      ['f32, GiB', [0.5], [2]],
    ],
  );
  const entries = [
    { name: 'visage', ms: 1 },
    { name: 'gone', failure: 'no result' },
  ];
  const [times, ...others] = plotted('peers', {
    devices: {},
    contests: [{ what: 'generator', pass: 'forward', batch: 1, entries }],
  });
  assert.is(others.length, 0);
  assert.equal([times?.title, times?.curves], ['generator, forward, ms', { visage: [1], gone: [null] }]);
});

test('a file that is no result is named', async () => {
  const path = join(tmpdir(), `visage-no-bench-${process.pid}.json`);
  writeFileSync(path, '{"bench": "kernels"}');
  await readResult(path).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /is no result of `npm run bench`/),
  );
});

const chosen = { forward: ['a'], inputGradient: ['b'], weightGradient: ['c'] };
const setting = { precision: 'f32', batch: 1 };
const networks = ['generator', 'discriminator', 'identity', 'swap'];
const rates = { deviceMs: 1, wallMs: 1, imagesPerSecond: 1, memoryMiB: 1 };
const costs = { ms: 1, imagesPerSecond: 1, deviceMs: 1, hostMs: 1, hostShare: 1, dispatches: 1, peakGiB: 1 };
const kernel = { kernel: 'gemm/conv2d', calls: 1, ms: 1, flops: 1, bytes: 1, share: 1, bound: 'compute', shape: '1' };
/** The least that a full run measures. */
const fullRun: Record<BenchName, unknown> = {
  convolutions: [
    { ...setting, kernel: 3, channelsIn: 512, channelsOut: 512, size: 28, ms: tflops, tflops, kernels: chosen },
  ],
  ladder: {
    side: 4096,
    ceilings: { copyGBps: 1, gemmGflops: 2000 },
    rows: [
      { name: 'naive', tile: [16, 16], half: false, intensity: 0.25, ms: 137, gflops: 1000 },
      { name: 'matrices', tile: [64, 64], half: true, intensity: 16, reason: 'needs the feature shader-f16' },
    ],
  },
  kernels: {
    ceilings: { copyGBps: 1, gemmGflops: 1 },
    rows: networks.slice(0, 3).map((network) => ({ network, pass: 'training', ...setting, ...kernel })),
  },
  networks: networks.map((network) => ({ network, pass: 'forward', ...setting, ...rates })),
  latency: [
    {
      ...{ place: 'host', precision: 'mixed', batch: 1, total: 1.5, upload: 0.1, encode: 0.3, submit: 0.2 },
      ...{ untilBegin: 0.06, wait: 0.8, copy: 0.1, device: 1, polls: 40, submissions: 4, launches: 73, chain: 73 },
    },
  ],
  reach: [{ what: 'swap, batch 1', unit: 'ms', ours: 1, theirs: 2, must: { ratio: 0.6 }, aim: { value: 0.8 } }],
  step: [{ ...setting, ...costs }],
  heads: [{ what: 'pictures', level: 'M2', size: 224, batch: 16, ms: 1 }],
  gates: {
    ...{ level: 'M2', size: 224, people: 32, pictures: 6 },
    ...{ found: 0.8, apart: 0.65, alike: 0.4, accepted: 0.2, equalErrorRate: 0.1 },
  },
  memory: [{ ...setting, networks: 1, state: 1, constants: 1, workspace: 1, peak: 1, dispatches: 1 }],
  detection: [{ picture: 'a', width: 1, height: 1, people: 2, found: 1, wrong: 0, ms: 3 }],
  carryover: [{ faces: 'a', count: 9, pairs: 36, agreement: 0.5, meanCosine: 0.1 }],
  parsing: [{ face: 'a', share: 0.4, network: 0.8, masked: 0.9, outline: 0.7, others: 0.6 }],
  data: [
    {
      stored: 256,
      imageSize: 224,
      workers: 2,
      processors: 8,
      until: 'decoded',
      picturesPerSecond: 9,
      cpuMs: 1,
      mainShare: 0.1,
    },
  ],
  peers: {
    devices: {},
    contests: [{ what: 'generator', pass: 'forward', batch: 1, entries: [{ name: 'visage', ms: 1 }] }],
  },
  film: {
    parts: [
      {
        ...{ part: 'decode', frames: 30, msPerFrame: 1, framesPerSecond: 1000, firstMs: 80 },
        ...{ threadMs: 0.5, processorMs: 0.4, decodingMs: 0.9, encodingMs: 0, allMs: 2 },
      },
    ],
    stages: [
      {
        ...{
          stage: 'follow',
          precision: 'f32',
          frames: 30,
          ms: 3,
          deviceMs: 1,
          launches: 98,
          submissions: 3,
          writes: 3,
        },
        ...{
          bytesUp: 4e5,
          reads: 1,
          bytesDown: 5e3,
          waits: 1,
          newBuffers: 1,
          callMs: { submit: 0.2, writeBuffer: 0.1 },
        },
      },
    ],
  },
  transfer: {
    transfers: [{ way: 'up', bytes: 2e6, ms: 1, gigabytesPerSecond: 2 }],
    saving: [
      {
        ...{ precision: 'mixed', batch: 4, bytes: 1e9, steps: 100 },
        ...{ msWithout: 20, msWith: 21, stepsHeldUp: 5, secondsUntilSaved: 3 },
      },
    ],
  },
  scale: [
    {
      ...{ precision: 'mixed', batch: 16, ranks: 2, msAlone: 47, ms: 55, imagesPerSecond: 580 },
      ...{ imagesPerSecondAlone: 340, speedUp: 1.7, exchangeMs: 40, exposedMs: 8, exposedShare: 0.15, bytes: 1.4e8 },
      ...{ gigabytesPerSecond: 3.5, messageGigabytesPerSecond: 4, sameBitsAfter: 200 },
      ...{ loopbackMs: 50, loopbackExposedMs: 4, issuingMs: 11, heldMs: 30 },
      route: 'shared memory',
    },
  ],
  messages: [
    {
      ...{ route: 'MPI', mpi: 'MPICH 4', ranks: 2, lanes: 4, bytes: 1.4e8, bucketBytes: 12e6 },
      ...{ ms: 100, gigabytesPerSecond: 1.4, processorMs: 130 },
    },
  ],
  pytorch: {
    training: [{ precision: 'tf32', batch: 1, ms: 2 }],
    inference: [{ precision: 'fp16', batch: 1, ms: 2 }],
    convolutions: [{ precision: 'fp32', batch: 1, ms: tflops, tflops }],
  },
};

test('the page has a place for every benchmark, and `tables` fills each with all its tables', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'visage-tables-'));
  const page = join(folder, 'performance.md');
  copyFileSync(new URL('../../docs/performance.md', import.meta.url), page);
  const about = { adapter: 'a', driver: 'd', versions: 'v', software: false, when: '2001-02-03', tuned: 0, sizes };
  const results = Object.entries(fullRun).map(
    ([bench, found]) => ({ bench, ...about, measured: found }) as BenchResult,
  );
  const files = results.map(({ bench }) => join(folder, `${bench}.json`));
  await Promise.all(results.map((result, k) => writeResult(files[k] as string, result)));
  const program = new Command();
  addTables(program);
  const { log } = console;
  console.log = () => {};
  try {
    await program.parseAsync(['tables', ...files, '--page', page], { from: 'user' });
  } finally {
    console.log = log;
  }
  const text = readFileSync(page, 'utf8');
  const places = text
    .split('<!-- bench ')
    .slice(1)
    .map((rest) => rest.split('<!-- end -->')[0] as string);
  for (const result of results) {
    const place = places.find((each) => each.startsWith(`${result.bench} `)) ?? '';
    assert.match(place, 'a, d; v; 2001-02-03');
    for (const { title, rows } of tablesOf(result)) {
      assert.match(place, `**${title}**`);
      assert.ok(place.includes(`| ${rows.at(-1)?.join(' | ')} |`), `${result.bench}: ${title}`);
    }
  }
  for (const network of networks)
    assert.match(places.find((each) => each.startsWith('networks')) ?? '', `| ${network} |`);
  const versus = places.find((each) => each.startsWith('versus')) ?? '';
  for (const what of ['training step, batch 1', 'swap, batch 1', 'convolution f32, batch 1'])
    assert.match(versus, what);
});

const nothing = { bench: 'step', measured: [] } as unknown as BenchResult;
test('places of other results are left alone', () => {
  const page = '<!-- bench step -->\nkept\n<!-- end -->';
  assert.equal(fillPlaces(page, new Map([['other', nothing]])), { text: page, filled: [] });
});

test.run();
