/** @file Training steps: eager against replayed, memory after every step, determinism, scopes. */
import { Linear } from '@visage/nn';
import { assign, full, keep, matmul, record, scope, type Tensor, tensor, transpose, zeros } from '@visage/tensor';
import { empty, tensorsIn } from '@visage/tensor/kernels';
import { equal, is, not, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { type ToyTraining, toyTraining } from '../helpers/toyTraining.ts';

const { test, gpu } = await gpuSuite('steps, replay and memory');

const bits = async (tensors: readonly Tensor[]) =>
  Promise.all(tensors.map(async (x) => [...new Uint32Array((await x.data()).buffer)]));

/** Runs `n` eager steps; gives the losses. */
async function eager(toy: ToyTraining, n: number): Promise<number[]> {
  const losses: number[] = [];
  for (let k = 0; k < n; k++) {
    const loss = scope(() => toy.step());
    losses.push(await loss.item());
    loss.dispose();
  }
  return losses;
}

test('eager and replayed steps give the same bits, and so does a second eager run', async () => {
  const [first, second, third] = [toyTraining(3), toyTraining(3), toyTraining(3)];
  const losses = await eager(first, 5);
  ok(losses.every(Number.isFinite));
  not.equal(losses[0], losses[4]);
  const step = record(() => second.step());
  const replayed: number[] = [];
  for (let k = 0; k < 5; k++) replayed.push(await step.run().item());
  equal(replayed, losses);
  equal(await bits(second.state), await bits(first.state));
  equal(await eager(third, 5), losses);
  equal(await bits(third.state), await bits(first.state));
  step.dispose();
  for (const toy of [first, second, third]) toy.dispose();
});

test('live bytes are equal after each of 200 steps', async () => {
  const before = gpu.memory.live;
  const toy = toyTraining();
  const owned = gpu.memory.live;
  for (let k = 0; k < 100; k++) {
    scope(() => {
      toy.step();
    });
    is(gpu.memory.live, owned, `eager step ${k}`);
  }
  const step = record(() => toy.step());
  const withStep = gpu.memory.live;
  for (let k = 0; k < 100; k++) {
    step.run();
    is(gpu.memory.live, withStep, `replayed step ${k}`);
  }
  ok(Number.isFinite(await step.result.item()));
  step.dispose();
  is(gpu.memory.live, owned);
  toy.dispose();
  is(gpu.memory.live, before);
});

test('a replayed step reads what the host writes into its inputs', async () => {
  const x = tensor([1, 2]);
  const step = record(() => x.mul(x));
  equal([...(await step.run().floats())], [1, 4]);
  x.write(Float32Array.of(3, 4));
  equal([...(await step.run().floats())], [9, 16]);
  step.dispose();
  throws(() => step.run(), /disposed/);
});

test('what depends on a frozen weight alone is computed once, and again after the weight changed', async () => {
  const layer = new Linear(2, 2, { bias: false }).freeze();
  layer.weight.write(Float32Array.of(1, 2, 3, 4));
  const x = tensor([1, 10], [1, 2]);
  const live = gpu.memory.live;
  const forms = () => [transpose(layer.weight).mul(2), transpose(layer.weight).mul(2)] as const;
  const step = record(() => {
    const [a, b] = forms();
    return matmul(x, a).add(matmul(x, b));
  });
  is(step.dispatches, 3, 'two products and their sum');
  equal([...(await step.run().floats())], [84, 172]);
  layer.weight.write(Float32Array.of(0, 1, 1, 0));
  equal([...(await step.run().floats())], [40, 4]);
  scope(() => void assign(layer.weight, tensor([1, 0, 0, 1], [2, 2])));
  equal([...(await step.run().floats())], [4, 40]);
  const change = record(() => assign(layer.weight, layer.weight.detach().mul(2)));
  change.run();
  equal([...(await step.run().floats())], [8, 80]);
  for (const each of [step, change]) each.dispose();
  is(gpu.memory.live, live);
  layer.dispose();
  x.dispose();
});

test('while a step is traced no other one runs, and nothing is written', () => {
  const x = tensor([1, 2]);
  const step = record(() => x.mul(2));
  throws(() => record(() => step.run().add(1)), /do not nest/);
  throws(() => record(() => x.write(Float32Array.of(3, 4)).mul(2)), /write before run/);
  for (const each of [step, x]) each.dispose();
});

test('what nobody reads is not computed, unless it lies outside of the step', async () => {
  const [x, outside] = [tensor([1, 2]), tensor([0, 0])];
  const step = record(() => {
    x.mul(5).sub(1).square();
    const y = x.mul(3);
    assign(outside, y.add(1));
    return y;
  });
  is(step.dispatches, 3, 'the product, the sum and its copy');
  equal([...(await step.run().floats())], [3, 6]);
  equal([...(await outside.floats())], [4, 7]);
  for (const each of [step, x, outside]) each.dispose();
});

test('a weight is transposed once in a step, and again after the step changed it', async () => {
  const w = keep(tensor([1, 2, 3, 4], [2, 2]));
  const x = tensor([1, 10], [1, 2]);
  const step = record(() => {
    const first = matmul(x, transpose(w)).add(matmul(x, transpose(w)));
    assign(w, w.detach().mul(2));
    return [first, matmul(x, transpose(w))] as const;
  });
  is(step.dispatches, 8, 'three products, two transpositions, the sum, the double and its copy');
  for (const factor of [1, 2]) {
    const [first, second] = step.run();
    equal([...(await first.floats())], [42 * factor, 86 * factor]);
    equal([...(await second.floats())], [42 * factor, 86 * factor]);
  }
  for (const each of [step, w, x]) each.dispose();
});

test('steps share what they make of a frozen weight', async () => {
  const layer = new Linear(16, 16, { bias: false }).freeze();
  const x = tensor(new Float32Array(16).fill(1), [1, 16]);
  const live = gpu.memory.live;
  const make = () => record(() => matmul(x, transpose(layer.weight).mul(2)));
  const first = make();
  const alone = gpu.memory.live - live;
  const second = make();
  ok(gpu.memory.live - live < 2 * alone, 'the transposed weight and its double are there once');
  const values = async () => [(await first.run().floats())[0], (await second.run().floats())[0]];
  for (const value of [1, 3]) {
    layer.weight.write(new Float32Array(256).fill(value));
    equal(await values(), [32 * value, 32 * value]);
  }
  first.dispose();
  layer.weight.write(new Float32Array(256).fill(5));
  is((await second.run().floats())[0], 160, 'the other step keeps them');
  second.dispose();
  is(gpu.memory.live, live);
  layer.dispose();
  x.dispose();
});

test('constants may be made of constants, each used twice, to any depth', async () => {
  const layer = new Linear(1, 1, { bias: false }).freeze();
  layer.weight.write(Float32Array.of(1));
  const step = record(() => {
    let x = layer.weight.detach();
    for (let k = 0; k < 100; k++) x = x.add(x.mul(-0.5)).mul(2);
    return x.add(0).mul(tensor([1], [1, 1]));
  });
  equal([...(await step.run().floats())], [1]);
  step.dispose();
  layer.dispose();
});

test('constants of a step are computed once, unless the step writes into them', async () => {
  const x = tensor([1, 2]);
  const step = record(() => {
    const [sum, ones] = [zeros([2]), full([2], 1)];
    assign(sum, sum.add(x).add(ones)); // in place: needs its zeros at every run
    return sum.mul(1);
  });
  is(step.dispatches, 5, 'the zeros, two sums, the copy and the product');
  for (let k = 0; k < 2; k++) equal([...(await step.run().floats())], [2, 3]);
  step.dispose();
  x.dispose();
});

test('the result of a step counts as changed after each run', async () => {
  const x = tensor([1, 2]);
  const step = record(() => x.mul(3));
  const result = step.run();
  const before = gpu.versionOf(result.buffer);
  x.write(Float32Array.of(2, 4));
  step.run();
  ok(gpu.versionOf(result.buffer) > before);
  step.dispose();
  x.dispose();
});

test('a step whose input was freed refuses to run, and its results are freed with it alone', async () => {
  const live = gpu.memory.live;
  const x = tensor([1, 2]);
  const step = record(() => x.add(1));
  step.run();
  step.result.dispose(); // the step's business
  equal([...(await step.run().floats())], [2, 3]);
  x.dispose();
  throws(() => step.run(), /a tensor from outside that it uses was freed; keep\(\) it/);
  step.dispose();
  step.result.dispose();
  is(gpu.memory.live, live);
});

test('values inside a traced step cannot be read', async () => {
  let read: Promise<unknown> | undefined;
  const step = record(() => {
    const y = tensor([1]).add(1);
    read = y.floats();
    return y;
  });
  await (read as Promise<unknown>).then(
    () => ok(false, 'the read must fail'),
    (error: Error) => ok(/traced step cannot read/.test(error.message)),
  );
  step.dispose();
});

test('steps do not nest, and a step that throws gives its memory back', () => {
  const live = gpu.memory.live;
  throws(() => record(() => record(() => tensor([1]))), /do not nest/);
  throws(
    () =>
      record(() => {
        tensor([1, 2, 3]);
        throw new Error('stop');
      }),
    /stop/,
  );
  const unwritten = /reads a tensor that no earlier op of this step wrote/;
  throws(() => record(() => tensor([1]).add(empty(gpu, [1]))), unwritten);
  throws(() => record(() => full([1], 2).add(empty(gpu, [1]))), unwritten);
  is(gpu.memory.live, live);
});

test('a scope frees what it does not return; keep() takes a tensor out', async () => {
  const live = gpu.memory.live;
  let inner: Tensor | undefined;
  let kept: Tensor | undefined;
  const result = scope(() => {
    inner = tensor([1, 2]);
    kept = keep(tensor([5]));
    return { list: [inner.add(1)], map: new Map([['m', inner.mul(2)]]) };
  });
  equal(tensorsIn(result).length, 2);
  equal([...(await (result.list[0] as Tensor).floats())], [2, 3]);
  is(await (kept as Tensor).item(), 5);
  await (inner as Tensor).floats().then(
    () => ok(false),
    (error: Error) => ok(/freed with its scope/.test(error.message)),
  );
  throws(() => scope(() => (inner as Tensor).add(1)), /freed with its scope/);
  for (const x of [...tensorsIn(result), kept as Tensor]) x.dispose();
  is(gpu.memory.live, live);
});

test('an inner scope passes its result to the outer one; a scope that throws frees everything', () => {
  const live = gpu.memory.live;
  scope(() => {
    const x = scope(() => tensor([1]).add(1));
    ok(!x.buffer.released);
  });
  is(gpu.memory.live, live);
  throws(
    () =>
      scope(() => {
        tensor([1]);
        throw new Error('stop');
      }),
    /stop/,
  );
  is(gpu.memory.live, live);
});

test.run();
