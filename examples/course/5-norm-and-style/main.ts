/**
 * @file Chapter 5: what instance norm removes, what AdaIN puts in its place, how both are computed in few launches, and
 * why their sums need care.
 *
 *     npm run course -- 5
 */
import { renderFaces } from '@visage/faces';
import type { Gpu } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import {
  adain,
  add,
  grad,
  instanceNorm,
  keep,
  mean,
  mul,
  noGrad,
  record,
  relu,
  reshape,
  rsqrt,
  scope,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';

type Log = (text: string) => void;

const EPSILON = 1e-8; // added to the variance, as SimSwap does
const PIXELS = [1, 2]; // the axes of an image [n, h, w, c] over which a channel has a mean

/** Everything the chapter talks about, in its order. */
export async function run(gpu: Gpu, log: Log): Promise<void> {
  await styleIsMeanAndDeviation(gpu, log);
  await sumsThatCancel(log);
  await fusedAndComposed(log);
}

// 1. Style. A channel's mean and standard deviation over the pixels say how bright and how contrasty it is. What is
// left when both are taken away says where things are.

/** x̂ = (x − μ) / √(σ² + ε), every channel of every image by itself, written with plain ops. */
function normalized(x: Tensor): Tensor {
  const centred = sub(x, mean(x, PIXELS, true));
  return mul(centred, rsqrt(add(mean(square(centred), PIXELS, true), EPSILON)));
}

/** (1 + γ) x̂ + β. `style` [n, 2c] has the offsets γ of the scales, then the shifts β. */
function styled(x: Tensor, style: Tensor): Tensor {
  const [n, , , c] = x.shape as readonly [number, number, number, number];
  const gamma = reshape(slice(style, 1, 0, c), [n, 1, 1, c]);
  const beta = reshape(slice(style, 1, c, 2 * c), [n, 1, 1, c]);
  return add(mul(normalized(x), add(gamma, 1)), beta);
}

interface Statistics {
  readonly means: number[];
  readonly deviations: number[];
}

/** Mean and deviation of each channel of the one image of x, in double precision. */
async function statistics(x: Tensor): Promise<Statistics> {
  const channels = x.dim(3);
  const values = await x.floats();
  const ofChannel = (c: number) => Array.from(values).filter((_, k) => k % channels === c);
  const average = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  const all = Array.from({ length: channels }, (_, c) => ofChannel(c));
  const means = all.map(average);
  const deviations = all.map((list, c) => Math.sqrt(average(list.map((v) => (v - (means[c] as number)) ** 2))));
  return { means, deviations };
}

const list = (numbers: readonly number[]) => numbers.map((value) => value.toFixed(3).padStart(6)).join(' ');

async function styleIsMeanAndDeviation(gpu: Gpu, log: Log): Promise<void> {
  log('1. The style of a picture, in its own three channels: AdaIN gives one face the colours of another');
  const face = (identity: number, attributes: number) =>
    renderFaces({ identities: Uint32Array.of(identity), attributes: Uint32Array.of(attributes), size: 64, gpu });
  const [content, model] = [face(1, 5), face(2, 11)];
  const [own, wanted] = [await statistics(content), await statistics(model)];
  const style = tensor([...wanted.deviations.map((deviation) => deviation - 1), ...wanted.means], [1, 6]);
  const result = adain(content, style);
  const got = await statistics(result);
  log(`                    mean of R, G, B        deviation of R, G, B`);
  for (const [name, { means, deviations }] of Object.entries({ content: own, 'style from': wanted, result: got }))
    log(`   ${name.padEnd(12)} ${list(means)}    ${list(deviations)}`);
  const [before, after] = [await normalized(content).floats(), await normalized(result).floats()];
  const moved = Math.max(...before.map((value, k) => Math.abs(value - (after[k] as number))));
  log(
    `   Once normalised, content and result are one picture: no value differs by more than ${moved.toExponential(1)}.`,
  );
  const [bright, plain] = [mul(content, 0.3).add(0.5), instanceNorm(content, EPSILON)];
  const gap = await distance(instanceNorm(bright, EPSILON), plain);
  log(
    `   Instance norm cannot see brightness and contrast: 0.3 x + 0.5 gives the same x̂ within ${gap.toExponential(1)}.`,
  );
}

/** The largest |a − b| as a share of the root mean square of b. */
async function distance(a: Tensor, b: Tensor): Promise<number> {
  const [x, y] = [await a.floats(), await b.floats()];
  const size = Math.sqrt(y.reduce((total, value) => total + value * value, 0) / y.length);
  return x.reduce((most, value, k) => Math.max(most, Math.abs(value - (y[k] as number))), 0) / size;
}

// 2. Sums. The variance is a small difference. If it is taken between large numbers, f32 has no digits left for it.

/** The mean of squares less the square of the mean: one pass, and wrong when the mean is large. */
const naiveVariance = (x: Tensor): Tensor => sub(mean(square(x), PIXELS), square(mean(x, PIXELS)));

/** The mean of squares of what is left after the mean is taken off: two passes over x. */
const carefulVariance = (x: Tensor): Tensor => mean(square(sub(x, mean(x, PIXELS, true))), PIXELS);

async function sumsThatCancel(log: Log): Promise<void> {
  log('2. The variance of 4096 values around a mean: relative error against double precision');
  log('     mean   E[x²] − E[x]²    two passes   the deviation of the product’s x̂');
  const noise = new HostRandom(5).normal(4096, 0, 0.01);
  for (const centre of [0, 1, 10, 100]) {
    const values = noise.map((value) => value + centre); // rounded to f32, as the GPU will see them
    const x = tensor(values, [1, 64, 64, 1]);
    const average = values.reduce((total, value) => total + value, 0) / values.length;
    const exact = values.reduce((total, value) => total + (value - average) ** 2, 0) / values.length;
    const error = async (variance: Tensor) => Math.abs(((await variance.floats())[0] as number) / exact - 1);
    const { deviations } = await statistics(instanceNorm(x, 0));
    const errors = [await error(naiveVariance(x)), await error(carefulVariance(x)), Math.abs(deviations[0]! - 1)];
    log(`   ${String(centre).padStart(6)} ${errors.map((value) => value.toExponential(1).padStart(15)).join('')}`);
  }
}

// 3. Fusion. The same function as ten ops and as one op whose kernels read x twice at most: equal values, equal
// gradients of first and second order, fewer launches.

interface Comparison {
  readonly launches: number;
  readonly milliseconds: number;
  readonly values: readonly Tensor[];
}

async function fusedAndComposed(log: Log): Promise<void> {
  const [n, side, channels] = [2, 32, 64];
  const random = new HostRandom(6);
  const parameter = (shape: readonly number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return keep(tensor(random.normal(size), shape, { requiresGrad: true }));
  };
  const [x, style] = [parameter([n, side, side, channels]), parameter([n, 2 * channels])];
  const weights = keep(tensor(random.normal(x.size), x.shape));
  log(`3. AdaIN and ReLU of [${x.shape.join(', ')}], forward and backward`);
  const fused = await compare(() => adain(x, style, { relu: true }), x, style, weights);
  const composed = await compare(() => relu(styled(x, style)), x, style, weights);
  for (const [name, { launches, milliseconds }] of Object.entries({ fused, 'plain ops': composed }))
    log(`   ${name.padEnd(10)} ${String(launches).padStart(3)} launches, ${milliseconds.toFixed(2).padStart(6)} ms`);
  const names = ['value', 'gradient of x', 'gradient of the style', 'second-order gradient of x'];
  for (const [k, name] of names.entries()) {
    const gap = await distance(fused.values[k] as Tensor, composed.values[k] as Tensor);
    log(`   ${name}: differs by at most ${gap.toExponential(1)} of its size`);
  }
}

/** Runs a function of x and style forward and backward, times that, and returns its values and gradients. */
async function compare(build: () => Tensor, x: Tensor, style: Tensor, weights: Tensor): Promise<Comparison> {
  const step = record(() => {
    const y = build();
    return [y, ...grad(sum(mul(y, weights)), [x, style])] as Tensor[];
  });
  await step.ready();
  step.run();
  await step.result[1]!.floats(); // the first run is over before the clock starts
  const [started, runs] = [performance.now(), 10];
  for (let k = 0; k < runs; k++) step.run();
  await step.result[1]!.floats();
  const milliseconds = (performance.now() - started) / runs;
  const second = scope(() => {
    const [slope] = grad(sum(mul(build(), weights)), [x], { createGraph: true }) as [Tensor];
    return grad(sum(square(slope)), [x])[0] as Tensor;
  });
  const values = noGrad(() => [...step.result, second]);
  return { launches: step.dispatches, milliseconds, values };
}
