/** @file The ladder of products is checked before it is timed, and tells why a version is missing. */
import * as assert from 'uvu/assert';
import { measureLadder } from '../../bench/core/ladder.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('bench of the ladder');

test('every version has a rate, or a reason why it cannot run here', async () => {
  const { side, ceilings, rows } = await measureLadder(gpu, 128, 1);
  assert.is(side, 128);
  assert.ok(ceilings.copyGBps > 0 && ceilings.gemmGflops > 0);
  assert.ok(rows.filter(({ half }) => !half).every(({ gflops, ms }) => (gflops ?? 0) > 0 && (ms ?? 0) > 0));
  for (const { name, half, gflops, reason } of rows) {
    const able = !half || gpu.adapter.matrices;
    assert.is(gflops !== undefined, able, name);
    if (!able) assert.match(reason ?? '', /^needs /, name);
  }
});

test('a side that does not fit the tiles is an error that names the version', async () => {
  await measureLadder(gpu, 96, 1).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /^registers: expected a side that is a multiple of 64, got 96/),
  );
});

test.run();
