/** @file Where the time goes from the call of a swap until its result is there. */
import { chainsFrom, dependenciesOf, type Gpu, median, stayedBusy, timeInterleaved, warmUp } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { type Precision, Swapper } from '@visage/simswap';
import { keep, l2Normalize, scope, type Tensor, tensor } from '@visage/tensor';
import { checkHealth } from './health.ts';
import { generatorOf, identityOf } from './models.ts';
import type { Sizes } from './sizes.ts';
import { HandingOver } from './waiting.ts';

/**
 * Where pictures are before and after a swap. On the `device`: the call ends when the device has done the swap. On the
 * `host`: the picture is uploaded in the call, and the swapped one copied to an array.
 */
export type Place = 'device' | 'host';

/** The parts of a call, in milliseconds: medians, each of its own. */
export interface LatencyParts {
  /** From the call to the result. */
  readonly total: number;
  /** The host puts the picture on its way. */
  readonly upload: number;
  /** The host encodes the launches and the read, without the calls of `submit`. */
  readonly encode: number;
  /** The host is inside the calls of `submit`. */
  readonly submit: number;
  /** From the first launch until the first of them are handed to the device, which then begins. */
  readonly untilBegin: number;
  /** From the last submission until the host knows that the device is done. */
  readonly wait: number;
  /** The result is copied out of mapped memory. */
  readonly copy: number;
}

export interface LatencyRow extends LatencyParts {
  readonly precision: Precision;
  readonly batch: number;
  readonly place: Place;
  /** Milliseconds of the replayed launches on the device, one swap after another. */
  readonly device: number;
  /** Turns of the event loop in which Dawn was asked for events, from the call to the result. */
  readonly polls: number;
  readonly submissions: number;
  /** Replayed launches, without the copies of the images in and out. */
  readonly launches: number;
  /** How many of them must come one after another, because each needs what the one before wrote. */
  readonly chain: number;
}

/** How to measure. */
export interface LatencySetting {
  readonly batch: number;
  readonly precision: Precision;
  readonly sizes: Sizes;
  readonly calls: number;
}

type Call = () => Promise<LatencyParts & Pick<LatencyRow, 'polls' | 'submissions'>>;

/** Times swaps one by one, with nothing else under way: with pictures on the device, and on the host. */
export async function timeLatency(gpu: Gpu, setting: LatencySetting): Promise<LatencyRow[]> {
  const { batch, precision, sizes, calls } = setting;
  const { size } = sizes;
  const swapper = new Swapper({ generator: generatorOf(sizes), identity: identityOf(sizes), precision });
  const random = new HostRandom(1);
  const pixels = random.uniform(batch * size * size * 3);
  const target = keep(tensor(pixels, [batch, size, size, 3]));
  const latent = keep(scope(() => l2Normalize(tensor(random.normal(batch * 512), [batch, 512]))));
  try {
    await swapper.ready(target);
    const values = await scope(() => swapper.swap(target, latent)).data();
    checkHealth(`swap ${precision}`, { result: Math.max(...values.subarray(0, 4096)) });
    const step = swapper.recorded(target);
    const [device] = (await timeInterleaved(gpu, [step.commands])) as [number];
    const chain = Math.max(...chainsFrom(dependenciesOf(step.commands.map(({ command }) => command))));
    const handing = new HandingOver(gpu);
    const rows: LatencyRow[] = [];
    try {
      const places: readonly (readonly [Place, Call])[] = [
        ['device', () => onDevice(gpu, handing, () => swapper.swap(target, latent))],
        ['host', () => onHost(handing, pixels, target, (uploaded) => swapper.swap(uploaded, latent))],
      ];
      for (const [place, call] of places) {
        const parts = await mediansOf(gpu, calls, call);
        rows.push({ precision, batch, place, ...parts, device, launches: step.dispatches, chain });
      }
    } finally {
      handing.uninstall();
    }
    return rows;
  } finally {
    swapper.dispose();
    for (const each of [target, latent]) each.dispose();
    gpu.trim();
  }
}

async function mediansOf(gpu: Gpu, calls: number, call: Call): Promise<Awaited<ReturnType<Call>>> {
  await warmUp(gpu, call);
  const measured: Awaited<ReturnType<Call>>[] = [];
  for (let k = -3; k < calls; k++) {
    await gpu.sync();
    const parts = await call();
    if (k >= 0) measured.push(parts); // the first few meet new memory, whose launches are submitted by themselves
  }
  stayedBusy(gpu);
  const of = (name: keyof (typeof measured)[number]) => median(measured.map((parts) => parts[name]));
  return {
    total: of('total'),
    upload: of('upload'),
    encode: of('encode'),
    submit: of('submit'),
    untilBegin: of('untilBegin'),
    wait: of('wait'),
    copy: of('copy'),
    polls: of('polls'),
    submissions: of('submissions'),
  };
}

async function onDevice(gpu: Gpu, handing: HandingOver, swap: () => Tensor): ReturnType<Call> {
  handing.take();
  const start = performance.now();
  const swapped = scope(swap);
  const done = gpu.sync();
  const issued = performance.now();
  await done;
  const end = performance.now();
  const { submitMs, submissions, firstAt = start, polls } = handing.take();
  swapped.dispose();
  const host = issued - start;
  return {
    ...{ total: end - start, upload: 0, encode: host - submitMs, submit: submitMs, untilBegin: firstAt - start },
    ...{ wait: end - issued, copy: 0, polls, submissions },
  };
}

async function onHost(
  handing: HandingOver,
  pixels: Float32Array,
  { shape }: Tensor,
  swap: (target: Tensor) => Tensor,
): ReturnType<Call> {
  handing.take();
  const start = performance.now();
  const target = tensor(pixels, shape);
  const up = performance.now();
  const { submissions: before, polls: early } = handing.take();
  const swapped = scope(() => swap(target));
  let mapped = 0;
  const read = swapped.readInPlace((bytes) => {
    mapped = performance.now();
    return bytes.slice();
  });
  const issued = performance.now();
  const values = await read;
  const end = performance.now();
  const { submitMs, submissions, firstAt = up, polls } = handing.take();
  for (const each of [target, swapped]) each.dispose();
  if (values.length === 0) throw new Error('latency: the read gave nothing; this measures nothing');
  return {
    ...{ total: end - start, upload: up - start, encode: issued - up - submitMs, submit: submitMs },
    ...{ untilBegin: firstAt - up, wait: mapped - issued, copy: end - mapped },
    ...{ polls: early + polls, submissions: before + submissions },
  };
}
