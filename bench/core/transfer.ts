/** @file How fast bytes cross between the host and the device, and what a checkpoint costs the training beside it. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gpu, median, readInPlace, recycle, uploadRoom, VisageError, writeInPlace } from '@visage/gpu';
import { saveFile } from '@visage/nn/node';
import { type Precision, ProceduralPairs, type Trainer } from '@visage/simswap';
import type { Sizes } from './sizes.ts';
import { buildTrainer } from './step.ts';

/** One way to move bytes. */
export interface TransferRow {
  readonly way: string;
  readonly bytes: number;
  /** Median milliseconds from the call until the bytes are there. */
  readonly ms: number;
  /** 10⁹ bytes per second. */
  readonly gigabytesPerSecond: number;
}

/** A training that saves a checkpoint, beside the same steps without. */
export interface SavingRow {
  readonly precision: Precision;
  readonly batch: number;
  /** Bytes of the checkpoint. */
  readonly bytes: number;
  /** Steps of each measurement, in which one checkpoint is saved or none. */
  readonly steps: number;
  /** Median milliseconds of a step. */
  readonly msWithout: number;
  readonly msWith: number;
  /** For how many steps' time the checkpoint holds the training up. */
  readonly stepsHeldUp: number;
  /** Seconds from the copy of the state until the file is on the disk. */
  readonly secondsUntilSaved: number;
}

/** What `bench -- transfer` measures. */
export interface TransferReport {
  readonly transfers: readonly TransferRow[];
  readonly saving: readonly SavingRow[];
}

/** Times every way to move a buffer of `bytes` bytes, and checks that the bytes arrive. */
export async function timeTransfers(gpu: Gpu, bytes: number, repeat: number): Promise<TransferRow[]> {
  const buffer = gpu.alloc(bytes);
  const host = Uint8Array.from({ length: bytes }, (_, k) => k % 251);
  const arrived = async (): Promise<void> => {
    await uploadRoom(gpu, 0);
    await gpu.sync();
  };
  const written = async (): Promise<void> => gpu.write(buffer, host);
  const touch = (view: Uint8Array): number => (view[0] as number) + (view[bytes - 1] as number);
  const ways: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['up: write, copied into a kept staging', () => written().then(arrived)],
    ['up: in place', () => writeInPlace(gpu, buffer, touch).then(arrived)],
    ['down: read into new memory', () => gpu.read(buffer)],
    ['down: read into memory that was given back', async () => recycle(gpu, await gpu.read(buffer))],
    ['down: in place', () => readInPlace(gpu, buffer, touch)],
  ];
  const rows: TransferRow[] = [];
  try {
    for (const [way, move] of ways) {
      const times: number[] = [];
      for (let k = -2; k < repeat; k++) {
        await arrived();
        const start = performance.now();
        await move();
        if (k >= 0) times.push(performance.now() - start);
      }
      const ms = median(times);
      rows.push({ way, bytes, ms, gigabytesPerSecond: bytes / ms / 1e6 });
    }
    gpu.write(buffer, host);
    const same = await readInPlace(gpu, buffer, (view) => Buffer.compare(view.subarray(0, bytes), host) === 0);
    if (!same) throw new VisageError('transfer: other bytes came back than went up; this measures nothing');
    return rows;
  } finally {
    gpu.release(buffer);
  }
}

/** The step of a measurement behind which the checkpoint is made. */
const SAVED_AFTER = 2;

/** What {@link timeSaving} measures. */
export interface SavingOptions {
  readonly sizes: Sizes;
  readonly precision: Precision;
  readonly batch: number;
  readonly steps: number;
  readonly repeat: number;
}

/** Saves a checkpoint as a run does; the promise inside the result is that of the file. */
async function beginSaving(trainer: Trainer, path: string): Promise<{ readonly saved: Promise<number> }> {
  const content = await trainer.snapshot();
  const start = performance.now();
  const saving = saveFile(path, content).finally(() => content.dispose());
  const saved = saving.then(() => (performance.now() - start) / 1000);
  saved.catch(() => {}); // thrown where it is awaited
  return { saved };
}

/** Times training steps with and without a checkpoint that is saved meanwhile, in turns. */
export async function timeSaving(gpu: Gpu, options: SavingOptions): Promise<SavingRow> {
  const { sizes, precision, batch, steps, repeat } = options;
  const folder = await mkdtemp(join(tmpdir(), 'visage-bench-'));
  const path = join(folder, 'checkpoint.safetensors');
  const data = new ProceduralPairs({ batchSize: batch, imageSize: sizes.size, identities: 1000 });
  const trainer = buildTrainer(options, data);
  const cycle = trainer.recipe.pairs.length;
  const times = { without: [] as number[], with: [] as number[], saved: [] as number[] };
  /** Milliseconds of a step; the last steps count until the device has done them. */
  const timed = async (saves: boolean): Promise<number> => {
    await gpu.sync();
    let saved: Promise<number> | undefined;
    const begin = trainer.step;
    const start = performance.now();
    const early = begin + SAVED_AFTER;
    const run = async () => {
      if (saves && trainer.step === early) ({ saved } = await beginSaving(trainer, path));
    };
    await trainer.run({ until: begin + steps, tasks: saves ? [{ every: early, run }] : [] });
    await gpu.sync();
    const ms = (performance.now() - start) / steps;
    if (saved) times.saved.push(await saved);
    return ms;
  };
  try {
    await trainer.run({ until: 2 * cycle });
    await (await beginSaving(trainer, path)).saved; // compiles
    for (let k = 0; k < repeat; k++) {
      times.without.push(await timed(false));
      times.with.push(await timed(true));
    }
    const { size: bytes } = await stat(path);
    const [msWithout, msWith] = [median(times.without), median(times.with)];
    const stepsHeldUp = (steps * (msWith - msWithout)) / msWithout;
    const secondsUntilSaved = median(times.saved);
    return { precision, batch, bytes, steps, msWithout, msWith, stepsHeldUp, secondsUntilSaved };
  } finally {
    await rm(folder, { recursive: true, force: true });
    for (const each of [trainer, trainer.average, data]) each.dispose();
  }
}
