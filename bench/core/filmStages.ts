/** @file What each stage of a film's swap asks of the device and of the host, one stage after the other. */
import type { Gpu } from '@visage/gpu';
import { changedFrames, type FilmFrame, FrameOnGpu, type FrameWork, thumbnailOf } from '@visage/photos';
import type { Precision } from '@visage/simswap';
import { countCalls, type DeviceUse } from './deviceCalls.ts';

/** One stage, per frame. */
export interface FilmStage extends DeviceUse {
  readonly stage: string;
  readonly precision: Precision;
  readonly frames: number;
  /** From its begin to its result, with nothing else under way; of the last stage per frame, with frames in flight. */
  readonly ms: number;
  /** Milliseconds of its kernels; 0 where the device does not time them. */
  readonly deviceMs: number;
}

/** Work and frames to measure it with. The first frames compile and record. */
export interface StageSetting {
  readonly precision: Precision;
  readonly work: () => FrameWork<unknown>;
  /** As many frames as asked for, 30 a second. They are changed in place. */
  readonly frames: (count: number) => AsyncIterable<FilmFrame>;
}

const WARM_UP = 4; // frames
const MEASURED = 20; // frames; the whole frame is not searched among them, as they are less than a second

/** A piece of work, measured. */
interface Measured extends DeviceUse {
  readonly ms: number;
  readonly deviceMs: number;
}

/** Measures work once; its kernels are timed by another run, because timing them takes the launches apart. */
async function measured(gpu: Gpu, run: () => Promise<unknown>, isTimed: boolean): Promise<Measured> {
  let ms = 0;
  const use = await countCalls(gpu, async () => {
    const began = performance.now();
    if (isTimed) return;
    await run();
    ms = performance.now() - began;
  });
  if (!isTimed) return { ...use, ms, deviceMs: 0 };
  const rows = await gpu.timeKernels(async () => void (await run()));
  return { ...use, ms, deviceMs: rows.reduce((sum, row) => sum + row.ms, 0) };
}

const COUNTS = ['launches', 'submissions', 'writes', 'bytesUp', 'reads', 'bytesDown', 'waits', 'newBuffers'] as const;

/** The mean of measurements over so many frames. */
function mean(all: readonly Measured[], frames: number): Measured {
  const sum = (of: (one: Measured) => number): number => all.reduce((total, one) => total + of(one), 0) / frames;
  const names = new Set(all.flatMap(({ callMs }) => Object.keys(callMs)));
  const counts = COUNTS.map((name) => [name, sum((one) => one[name])] as const);
  return {
    ...(Object.fromEntries(counts) as Record<(typeof COUNTS)[number], number>),
    callMs: Object.fromEntries([...names].map((name) => [name, sum(({ callMs }) => callMs[name] ?? 0)])),
    ms: sum(({ ms }) => ms),
    deviceMs: sum(({ deviceMs }) => deviceMs),
  };
}

/** Runs the stages of frames one after the other; the measurements of each stage. */
async function apart(gpu: Gpu, { work, frames }: StageSetting, isTimed: boolean): Promise<Map<string, Measured[]>> {
  const stages = new Map<string, Measured[]>();
  const note = (stage: string, one: Measured): void => void stages.set(stage, [...(stages.get(stage) ?? []), one]);
  const { look, change } = bound(work());
  let k = 0;
  for await (const frame of frames(WARM_UP + MEASURED)) {
    const view = new FrameOnGpu(frame, gpu);
    const moment = { timestamp: frame.timestamp, thumbnail: thumbnailOf(frame.data, frame.form) };
    let seen: unknown;
    const following = await measured(gpu, async () => (seen = await look(view, moment)), isTimed);
    const changing = await measured(gpu, () => view.changed(() => change(view, seen)), isTimed);
    if (k === 0) note('search the whole frame, first frame', following);
    if (k >= WARM_UP) {
      note('upload, follow', following);
      note('upload, swap, paste, read', changing);
    }
    view.dispose();
    k++;
  }
  return stages;
}

const bound = (work: FrameWork<unknown>) => ({ look: work.look.bind(work), change: work.change.bind(work) });

/** Takes so many of an iterator's items, all if none is said. */
async function taken(items: AsyncIterator<unknown>, count = Number.POSITIVE_INFINITY): Promise<void> {
  for (let k = 0; k < count; k++) if ((await items.next()).done) return;
}

/** Measures the stages of a film's swap apart, and then all of them with frames in flight. */
export async function measureStages(gpu: Gpu, setting: StageSetting): Promise<FilmStage[]> {
  const { precision, work, frames } = setting;
  await apart(gpu, setting, false); // compiles and records
  const plain = await apart(gpu, setting, false);
  const timed = gpu.device.features.has('timestamp-query') ? await apart(gpu, setting, true) : undefined;
  const rows = [...plain].map(([stage, all]): FilmStage => {
    const { deviceMs } = mean(timed?.get(stage) ?? [], all.length);
    return { ...mean(all, all.length), stage, precision, frames: all.length, deviceMs };
  });
  const inFlight = changedFrames(frames(WARM_UP + MEASURED), work(), gpu);
  await taken(inFlight, WARM_UP);
  const whole = await measured(gpu, () => taken(inFlight), false);
  return [...rows, { ...mean([whole], MEASURED), stage: 'all, with frames in flight', precision, frames: MEASURED }];
}
