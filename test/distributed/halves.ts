/**
 * @file A rank that checks every toy step of two ranks: rank 0 computes the gradients of both halves of the batch on
 * its own device, from the same state, and compares their mean with what the exchange gives. Prints the worst error.
 */
import { BucketExchange, Mpi } from '@visage/distributed';
import { startGpu } from '@visage/gpu/node';
import { HostRandom } from '@visage/nn';
import {
  type ExchangePlan,
  type ExchangeRequest,
  type GradientExchange,
  ownRows,
  type PairKind,
  paper,
  phasesOf,
  rowsOfAll,
  type StepParts,
  type Trainer,
} from '@visage/simswap';
import { keep, record, type Tensor, zeros } from '@visage/tensor';
import { BATCH, toyData, toyTrainer } from './toy.ts';

const steps = Number(process.argv[2]);
const mpi = await Mpi.join(1);
const gpu = await startGpu({ deterministic: true });
const [phase] = phasesOf(paper);
if (!phase) throw new Error('the recipe has no phase');

const floats = (tensors: readonly Tensor[]) => Promise.all(tensors.map((x) => x.floats()));

/** The gradients of one half of the batch at the present weights; running statistics stay as they are. */
function halfOf(trainer: Trainer, rank: number) {
  const shard = { rank, ranks: 2 };
  const data = toyData(shard);
  const alpha = keep(zeros([BATCH, 1, 1, 1]));
  const { generator, discriminator, foldedIdentity: identity, recipe } = trainer;
  const optimizers = {
    generatorOptimizer: { parameters: [...generator.namedParameters().values()] },
    discriminatorOptimizer: { parameters: [...discriminator.trainedParameters().values()] },
  };
  const parts = { recipe, generator, discriminator, identity, alpha, ...optimizers } as unknown as StepParts;
  const recorded = new Map<PairKind, ReturnType<typeof trace>>();
  const trace = (kind: PairKind) => record(() => phase?.compute(parts, data.images(kind), kind).gradients ?? {});
  return async (step: number): Promise<Float32Array[]> => {
    const kind = trainer.kindOf(step);
    data.load(kind, step);
    const random = new HostRandom(trainer.seed + 2 ** 32); // as a trainer draws it
    random.draws = step;
    alpha.write(ownRows(random.uniform(rowsOfAll(BATCH, shard)), shard));
    const buffers = [generator, discriminator].flatMap((network) => [...network.namedBuffers().values()]);
    const before = await Promise.all(buffers.map((x) => x.data()));
    const compute = recorded.get(kind) ?? trace(kind);
    recorded.set(kind, compute);
    const { discriminator: d = [], generator: g = [] } = compute.run();
    const gradients = await floats([...d, ...g]);
    for (const [k, buffer] of buffers.entries()) buffer.write(before[k] as Float32Array);
    return gradients;
  };
}

/** max |x − mean| / max |mean| over a tensor. */
function errorOf(x: Float32Array, a: Float32Array, b: Float32Array): number {
  let [worst, largest] = [0, 0];
  for (const [k, value] of x.entries()) {
    const mean = ((a[k] as number) + (b[k] as number)) / 2;
    worst = Math.max(worst, Math.abs(value - mean));
    largest = Math.max(largest, Math.abs(mean));
  }
  return largest === 0 ? worst : worst / largest;
}

const errors: number[] = [];
let moved = 0;
let trainer: Trainer;

/** An exchange that looks at every exchange. */
class Watched implements GradientExchange {
  readonly #exchange = new BucketExchange(gpu, mpi, { bucketBytes: 40_000 });
  readonly rank = this.#exchange.rank;
  readonly ranks = this.#exchange.ranks;
  #halves: ((step: number) => Promise<Float32Array[]>)[] | undefined;

  plan(request: ExchangeRequest): ExchangePlan {
    const plan = this.#exchange.plan(request);
    const run = async () => {
      this.#halves ??= [halfOf(trainer, 0), halfOf(trainer, 1)];
      const expected = [];
      if (this.rank === 0) for (const half of this.#halves) expected.push(await half(trainer.step));
      await plan.run();
      if (this.rank !== 0) return;
      const [a, b] = expected as [Float32Array[], Float32Array[]];
      const means = await floats(plan.gradients);
      for (const [k, mean] of means.entries()) {
        errors.push(errorOf(mean, a[k] as Float32Array, b[k] as Float32Array));
        moved = Math.max(moved, errorOf(mean, a[k] as Float32Array, a[k] as Float32Array));
      }
    };
    return { gradients: plan.gradients, exact: plan.exact, run, dispose: () => plan.dispose() };
  }

  gather = <T>(value: T) => mpi.gather(value);
  any = (yes: boolean) => this.#exchange.any(yes);
  steps = <T>(work: () => Promise<T>) => work();
  aside = async <T>(work: () => T | Promise<T>) => work();
}

trainer = toyTrainer(new Watched());
await trainer.run({ until: steps });
await mpi.gather(0);
if (mpi.rank === 0) {
  const result = { steps: trainer.step, compared: errors.length, worst: Math.max(...errors), halvesDiffer: moved };
  process.stdout.write(`RESULT ${JSON.stringify(result)}\n`);
}
await mpi.leave();
process.exit(0);
