/**
 * @file Chapter 6: a step is recorded once and replayed: which launches are dropped, shared or taken out of it, where
 * its buffers lie, and that a replay computes the same bits.
 *
 *     npm run course -- 6
 */
import type { Gpu, RecordedStep } from '@visage/gpu';
import { Adam, Conv2d, HostRandom, Layer, Linear, leaky, Sequential, seeded } from '@visage/nn';
import { IdBlock } from '@visage/simswap';
import { exp, grad, keep, l1Loss, mean, mul, noGrad, record, type Tensor, tensor } from '@visage/tensor';

type Log = (text: string) => void;

/** Everything the chapter talks about, in its order. */
export async function run(_gpu: Gpu, log: Log): Promise<void> {
  await whatIsRecorded(log);
  whatIsDropped(log);
  await whatIsHoisted(log);
  whereBuffersLie(log);
  await sameBits(log);
}

/** A tensor of normal random numbers that lives until it is disposed. */
function randomTensor(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return keep(tensor(new HostRandom(seed).normal(size), shape));
}

const names = (step: RecordedStep<unknown>): string[] => step.commands.map(({ command }) => command.pipeline.name);

// 1. Recording runs no kernel. It notes the launches, and a replay encodes them again on whatever the inputs hold then.

async function whatIsRecorded(log: Log): Promise<void> {
  const x = randomTensor([4], 1);
  const step = record(() => mean(exp(mul(x, 2))));
  log(`1. mean(exp(2 x)) as a recorded step: ${names(step).join(', ')}`);
  for (const value of [0, 1]) {
    x.write(new Float32Array(4).fill(value));
    log(
      `   with x = ${value} a replay gives ${(await step.run().item()).toFixed(4)}; e^${2 * value} is ${Math.exp(2 * value).toFixed(4)}`,
    );
  }
  step.dispose();
}

// 2. Dead code and common subexpressions: launches that nobody reads, and launches that repeat another one.

function whatIsDropped(log: Log): void {
  const [x, w] = [randomTensor([8, 8], 2), randomTensor([8, 8], 3)];
  w.requiresGrad = true;
  const loss = () => l1Loss(mul(x, w), x);
  const both = record(() => {
    const value = loss();
    return [value.detach(), ...grad(value, [w])];
  });
  const gradientOnly = record(() => grad(loss(), [w]));
  log(`2. A loss and its gradient take ${both.dispatches} launches: ${names(both).join(', ')}`);
  log(`   Returning the gradient alone leaves ${gradientOnly.dispatches}: nobody reads the loss, so it is dead code.`);
  const thrice = record(() => noGrad(() => [1, 2, 3].map((k) => mul(exp(w), mul(x, k)))));
  const count = names(thrice).filter((name) => name.includes('exp')).length;
  log(
    `   exp(w) is written three times in one step and launched ${count} time: the other two are the same on equal bytes.`,
  );
  for (const step of [both, gradientOnly, thrice]) step.dispose();
}

// 3. Hoisting: what depends on frozen parameters alone is computed before the first replay, and again if they change.

async function whatIsHoisted(log: Log): Promise<void> {
  const x = randomTensor([1, 8], 4);
  const layer = seeded(5, () => new Linear(8, 8, { bias: false }));
  const forward = () => noGrad(() => mean(mul(layer.forward(x), exp(mean(layer.weight)))));
  const trained = record(forward);
  layer.freeze();
  const frozen = record(forward);
  log(
    `3. With a trained weight a replay launches ${trained.dispatches} kernels, with a frozen one ${frozen.dispatches}.`,
  );
  const before = await frozen.run().item();
  layer.weight.write(new Float32Array(64).fill(0.5));
  const [after, expected] = [await frozen.run().item(), await trained.run().item()];
  log(
    `   It gives ${before.toFixed(4)}; after the frozen weight was overwritten ${after.toFixed(4)}, as it should: ${after === expected}`,
  );
}

// 4. Liveness and placing: a buffer needs memory from the launch that writes it to the last one that reads it.

interface Life {
  readonly bytes: number;
  readonly first: number;
  last: number;
}

/** The lives of what a step computes: between which launches each buffer is needed, in order of birth. */
function livesOf(step: RecordedStep<unknown>): Life[] {
  const lives = new Map<unknown, Life>();
  step.commands.forEach(({ command: { buffers, pipeline } }, at) => {
    for (const [binding, { whole }] of buffers.entries()) {
      const life = lives.get(whole);
      if (life) life.last = at;
      else if (pipeline.writes[binding]) lives.set(whole, { bytes: whole.bytes, first: at, last: at });
    }
  });
  return [...lives.values()];
}

const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;

function whereBuffersLie(log: Log): void {
  const x = randomTensor([1, 32, 32, 8], 6);
  const network = seeded(
    7,
    () => new Sequential(...Array.from({ length: 6 }, () => [convolution(), leaky(0.2)]).flat()),
  );
  const forward = record(() => noGrad(() => network.forward(x)));
  const training = record(() => grad(mean(network.forward(x)), [...network.parameters()]));
  log('4. Six convolutions. Each row is a buffer of the forward pass, each column a launch:');
  for (const { bytes, first, last } of livesOf(forward)) {
    const columns = Array.from({ length: forward.dispatches }, (_, at) => (at < first || at > last ? '.' : '#'));
    log(`   ${columns.join('')}  ${kib(bytes)}`);
  }
  for (const [name, step] of Object.entries({ forward, 'forward and backward': training })) {
    const lives = livesOf(step);
    const total = lives.reduce((sum, { bytes }) => sum + bytes, 0);
    const at = (launch: number) => lives.filter(({ first, last }) => first <= launch && launch <= last);
    const live = step.commands.map((_, launch) => at(launch).reduce((sum, { bytes }) => sum + bytes, 0));
    const most = Math.max(...live);
    log(`   ${name}: ${kib(total)} in all buffers, ${kib(most)} alive at the fullest moment, ${kib(step.bytes)} taken`);
    step.dispose();
  }
}

const convolution = () => new Conv2d(8, 8, 3, { padding: 1 });

// 5. The same bits. A replay launches the same kernels on the same numbers in the same order as the eager step.

/** An ID block that learns to answer with a fixed picture. */
class Task extends Layer {
  readonly block = this.child('block', new IdBlock(8, 16));
  readonly x = randomTensor([2, 16, 16, 8], 8);
  readonly latent = randomTensor([2, 16], 9);
  readonly wanted = randomTensor([2, 16, 16, 8], 10);
  readonly optimizer = new Adam(this.namedParameters(), { learningRate: 1e-3 });

  forward(): Tensor {
    return l1Loss(this.block.forward(this.x, this.latent), this.wanted);
  }

  step(): Tensor {
    const loss = this.forward();
    this.optimizer.step(grad(loss, this.optimizer.parameters));
    return loss.detach();
  }
}

async function sameBits(log: Log): Promise<void> {
  const steps = 20;
  const train = async (replay: boolean) => {
    const task = seeded(11, () => new Task());
    const recorded = replay ? record(() => task.step()) : undefined;
    const once = () => (recorded ? recorded.run() : task.step());
    await once().item(); // compiles the kernels
    const started = performance.now();
    for (let k = 1; k < steps; k++) once();
    const host = (performance.now() - started) / (steps - 1);
    const values = await Promise.all([...task.parameters()].map((parameter) => parameter.floats()));
    return { host, bits: values.flatMap((list) => [...new Uint32Array(list.buffer, list.byteOffset, list.length)]) };
  };
  const [eager, replayed] = [await train(false), await train(true)];
  const different = eager.bits.filter((word, k) => word !== replayed.bits[k]).length;
  log(`5. ${steps} training steps of an ID block: ${different} of ${eager.bits.length} parameters differ in any bit.`);
  log(`   Time until a step is issued: ${eager.host.toFixed(2)} ms op by op, ${replayed.host.toFixed(2)} ms replayed.`);
}
