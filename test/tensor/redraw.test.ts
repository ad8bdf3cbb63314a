/**
 * @file Gradient checkpointing of blocks that draw random numbers: both passes draw the same, and the state moves
 * once.
 */
import { checkpoint, grad, greater, mul, ones, RandomState, record, scope, sum, type Tensor } from '@visage/tensor';
import { equal, is, not } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('random numbers in checkpointed blocks');

const SIZE = 64;
const row = async (x: Tensor) => [...(await x.floats())].join(' ');
const leaf = () => ones([SIZE], { requiresGrad: true });
/** x with a random half of its elements set to 0: at x = 1 the gradient of its sum is the result itself. */
const dropped = (x: Tensor, random: RandomState) => mul(x, greater(random.uniform([SIZE]), 0.5));

test('the gradient sees the mask of the forward pass, and the draw behind is that of a plain block', async () => {
  const [random, plain, x] = [new RandomState(7), new RandomState(7), leaf()];
  const y = checkpoint((input) => dropped(input as Tensor, random), [x]);
  is(await row(y), await row(dropped(x, plain)));
  // Drawn before the gradient is asked for: the block is computed again behind other draws.
  const between = await row(random.uniform([SIZE]));
  is(between, await row(plain.uniform([SIZE])));
  for (const _ of ['once', 'and again']) is(await row(grad(sum(y), [x])[0] as Tensor), await row(y));
  equal(await random.save(), await plain.save());
});

test('each draw of a block, of several states, is drawn again, also inside a scope', async () => {
  const [a, b, x] = [new RandomState(1), new RandomState(2), leaf()];
  const mask = (random: RandomState) => scope(() => greater(random.uniform([SIZE]), 0.2));
  const block = (input?: Tensor) => mul(mul(mul(input as Tensor, mask(a)), mask(b)), mask(a));
  const y = checkpoint(block, [x]);
  is(await row(grad(sum(y), [x])[0] as Tensor), await row(y));
});

test('blocks within blocks', async () => {
  const [random, plain, x] = [new RandomState(3), new RandomState(3), leaf()];
  const inner = (input?: Tensor) => dropped(input as Tensor, random);
  const outer = (input?: Tensor) => dropped(checkpoint(inner, [dropped(input as Tensor, random)]), random);
  const y = checkpoint(outer, [x]);
  is(await row(grad(sum(y), [x])[0] as Tensor), await row(y));
  is(await row(y), await row(dropped(dropped(dropped(x, plain), plain), plain)));
  equal(await random.save(), await plain.save());
});

test('a recorded step draws new numbers at every run, and its gradient the same ones', async () => {
  const [random, plain, x] = [new RandomState(4), new RandomState(4), leaf()];
  const step = record(() => {
    const y = checkpoint((input) => dropped(input as Tensor, random), [x]);
    return { y: y.detach(), g: grad(sum(y), [x])[0] as Tensor };
  });
  const seen = new Set<string>();
  for (let run = 0; run < 3; run++) {
    const { y, g } = step.run();
    is(await row(g), await row(y));
    is(await row(y), await row(dropped(x, plain)), `run ${run}`);
    seen.add(await row(y));
  }
  is(seen.size, 3);
  equal(await random.save(), await plain.save());
  step.dispose();
});

test('what is noted is freed with the scope around', async () => {
  const [random, x] = [new RandomState(5), leaf()];
  const step = () => scope(() => grad(sum(checkpoint((input) => dropped(input as Tensor, random), [x])), [x])[0]);
  step()?.dispose();
  const before = gpu.memory.live;
  for (let k = 0; k < 3; k++) step()?.dispose();
  is(gpu.memory.live, before);
  not.equal(await random.save(), await new RandomState(5).save());
});

test.run();
