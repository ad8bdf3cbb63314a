/**
 * @file The kernel benchmark in headless Chromium, at a tiny size. Skipped where no Chromium is installed, unless
 * VISAGE_BROWSER=required.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchResult } from '../../bench/report/result.ts';
import { bundleForBrowser, findChromium, openPage, runsPages } from './chromium.ts';

const test = suite('kernel benchmark in a browser');
const executable = findChromium();
const needsBrowser = runsPages(executable) ? test : test.skip;

needsBrowser('measures the kernels of the generator, in f16 too where the browser has it', async () => {
  assert.ok(executable, 'no Chromium found: apt-get install chromium, or name one in VISAGE_CHROMIUM');
  const open = await openPage(executable, await bundleForBrowser('bench/page/page.ts'));
  try {
    const sizes = { size: 16, width: 0.0625, blocks: 1 };
    const which = { batches: [1], precisions: ['f32', 'mixed'], networks: ['generator'] };
    const asked = { ...sizes, ...which, rounds: 1, spanMs: 0 };
    const call = `visageBench.measure(${JSON.stringify(asked)})`;
    const { measured, adapter } = (await open.page.evaluate(call)) as BenchResult<'kernels'>;
    assert.ok(adapter.length > 0);
    assert.ok(measured.ceilings.copyGBps > 0 && measured.ceilings.gemmGflops > 0);
    const kernels = new Set(measured.rows.map(({ kernel }) => kernel));
    for (const name of ['gemm/conv2d', 'gemm/conv2dInputGrad', 'gemm/conv2dWeightGrad', 'norm/apply'])
      assert.ok(kernels.has(name), `${name} among ${[...kernels].join(', ')}`);
    const half = await open.page.evaluate(
      "navigator.gpu.requestAdapter().then((adapter) => adapter.features.has('shader-f16'))",
    );
    assert.equal([...new Set(measured.rows.map(({ precision }) => precision))], half ? ['f32', 'mixed'] : ['f32']);
    assert.is(
      measured.rows.some(({ kernel, half: f16 }) => f16 && kernel === 'gemm/conv2d'),
      half,
      'convolutions of f16',
    );
    assert.is(measured.ceilings.halfGemmGflops !== undefined, half);
    for (const { ms, share, kernel } of measured.rows) assert.ok(ms >= 0 && !Number.isNaN(share), kernel);
    assert.ok(
      measured.rows.some(({ choice }) => choice && choice.declined.length > 0),
      'says why variants declined',
    );
  } finally {
    await open.close();
  }
});

test.run();
