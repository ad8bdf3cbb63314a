/** @file Tuning: which problems are met, what is measured, and that a wrong kernel is never chosen. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Family, type Variant, withVariant } from '@visage/gpu';
import { conv2d, grad, matmul, noGrad, record, type Tensor, tensor } from '@visage/tensor';
import { chooseFor, collectProblems, launchMap, tune } from '@visage/tensor/kernels';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), 'visage-tuning-'));
const { test, gpu } = await gpuSuite('tuning', {});
test.before.each(() => gpu.tuning.clear());

/** A family whose variants compute a · 2 in several ways; `passes` repeats the work to make one slow. */
interface Doubling extends Variant<Tensor> {
  readonly expression: string;
  readonly passes: number;
}
const doubling = (name: string, expression: string, passes = 1): Doubling => ({
  name,
  expression,
  passes,
});
const familyOf = (name: string, variants: readonly Doubling[], describe = (x: Tensor) => `${x.size}`) =>
  new Family({ name, variants, describe, tuned: true });

function double(x: Tensor, family: Family<Tensor, Doubling>): Tensor {
  const launch = () => double(x, family);
  const { variant } = chooseFor(gpu, { family, problem: x, buffers: [x.buffer], launch });
  let y = launchMap('double', variant.expression, [x]);
  for (let k = 1; k < variant.passes; k++) y = launchMap('double', 'a + V(0.0)', [y]);
  return y;
}

const slow = doubling('slow', 'a * 2.0', 12);
const quick = doubling('quick', 'a + a');
const wrong = doubling('wrong', 'a * 2.01');
const broken = doubling('broken', 'a / (a - a)');
const both = familyOf('doubling, both right', [slow, quick]);

test('the fastest variant that agrees with the reference goes into the memo, and the next choice takes it', async () => {
  const x = tensor(Float32Array.from({ length: 2 ** 16 }, Math.sin));
  const family = familyOf('doubling', [slow, wrong, broken, quick]);
  const problems = await collectProblems(() => double(x, family));
  assert.is(problems.length, 1);
  assert.equal(problems[0]?.candidates, ['slow', 'wrong', 'broken', 'quick']);
  const [result] = await tune(problems, { gpu });
  assert.is(result?.best, 'quick');
  const untimed = result?.trials.filter(({ ms }) => ms === undefined).map(({ variant }) => variant);
  assert.equal(untimed, ['wrong', 'broken'], 'wrong kernels are not even timed');
  assert.is(gpu.tuning.get('doubling', `${x.size}`)?.variant, 'quick');
  assert.is(family.choose(gpu, x).variant, quick);
});

test('a variant that fails the check is never chosen, however fast', async () => {
  const x = tensor(new Float32Array(2 ** 16).fill(1));
  const family = familyOf('doubling, the first wrong', [wrong, slow]);
  const problems = await collectProblems(() => double(x, family));
  const [result] = await tune(problems, { gpu });
  assert.is(result?.best, 'slow');
});

test('where even the reference gives no numbers, nothing is noted and the order stays', async () => {
  const x = tensor([1, 2, 3, 4, 5]);
  const live = gpu.memory.live;
  const family = familyOf('doubling, the last broken', [quick, broken]);
  const [result] = await tune(await collectProblems(() => double(x, family)), { gpu });
  assert.is(result?.best, 'quick');
  assert.is(gpu.tuning.get(family.name, `${x.size}`), undefined);
  assert.ok(gpu.memory.live - live < 4096);
});

test('the content of the buffers is put back', async () => {
  const x = tensor([1, 2, 3]);
  await tune(await collectProblems(() => double(x, both)), { gpu });
  assert.equal([...(await x.floats())], [1, 2, 3]);
});

test("a problem inside another family's variant is measured before that family", async () => {
  const x = tensor(Float32Array.from({ length: 2 ** 12 }, Math.sin));
  const inner = () => double(x, both);
  const family = familyOf('outer', [doubling('through doubling', ''), doubling('itself', 'a * 2.0')], () => 'any');
  const outer = (): Tensor => {
    const { variant } = chooseFor(gpu, { family, problem: x, buffers: [x.buffer], launch: outer });
    return variant.name === 'itself' ? launchMap('itself', variant.expression, [x]) : inner();
  };
  const plain = await collectProblems(() => withVariant('outer', 'itself', outer));
  const results = await tune(plain, { gpu });
  assert.equal(
    results.map(({ problem }) => problem.family),
    [both.name, 'outer'],
  );
});

test('what the memo knows is not measured again, unless asked', async () => {
  const x = tensor([1, 2, 3]);
  const problems = await collectProblems(() => double(x, both));
  assert.is((await tune(problems, { gpu })).length, 1);
  assert.is((await tune(problems, { gpu })).length, 0);
  assert.is((await tune(problems, { gpu, again: true })).length, 1);
  gpu.tuning.clear();
  assert.is((await tune(problems, { gpu, seconds: -1 })).length, 0, 'no time, no measurement');
});

test('every product of a recorded step can be measured after the step is gone, and gives the same numbers', async () => {
  const random = hostRandom(1);
  const x = tensor(random.normals(8 * 8 * 8), [1, 8, 8, 8], { requiresGrad: true });
  const w = tensor(random.normals(3 * 3 * 8 * 8), [3, 3, 8, 8], { requiresGrad: true });
  const run = () => grad(conv2d(x, w, undefined, { stride: 2, padding: 1 }).square().sum(), [x, w]) as Tensor[];
  const numbers = async () =>
    Promise.all(
      record(run)
        .run()
        .map((each) => each.floats()),
    );
  const before = await numbers();
  const problems = await collectProblems(() => {
    record(run).dispose();
    record(() => noGrad(() => matmul(w.reshape([72, 8]), w.reshape([72, 8]), { transposeB: true }))).dispose();
  });
  const names = new Set(problems.map(({ signature }) => signature.split(' ')[0]));
  for (const name of ['conv2d', 'conv2dInputGrad', 'conv2dWeightGrad', 'matmul']) assert.ok(names.has(name), name);
  const results = await tune(problems, { gpu });
  assert.ok(results.length > 0);
  for (const { problem, trials } of results) {
    for (const { variant, ms, agreement } of trials)
      assert.ok(ms !== undefined && ms > 0, `${problem.signature} ${variant}: error ${agreement.error}`);
  }
  const after = await numbers();
  for (const [k, values] of before.entries()) {
    for (const [at, value] of values.entries()) assert.ok(Math.abs(value - (after[k]?.[at] as number)) < 1e-3);
  }
});

test.run();
