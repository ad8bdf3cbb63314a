/** @file How many pictures a second reach the GPU out of a face set: read, decoded by worker threads, uploaded. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Gpu } from '@visage/gpu';
import { FacePool, writeRenderedSet } from '@visage/photos/node';
import { ChangedPairs, type ImagePairs, type PairKind, paper, type TrainingData, truth } from '@visage/simswap';
import { record } from '@visage/tensor';
import { type DataSet, openDataSet, PicturePairs, Pictures } from '@visage/training';

/**
 * How far pictures went: decoded in the memory of the host; in pairs on the GPU; there mirrored, recoloured, blurred
 * and compressed.
 */
export type DataStage = 'decoded' | 'uploaded' | 'changed';

/** One measurement. */
export interface DataRow {
  /** Side of the stored faces and of the training images, in pixels. */
  readonly stored: number;
  readonly imageSize: number;
  readonly workers: number;
  readonly processors: number;
  readonly until: DataStage;
  readonly picturesPerSecond: number;
  /** Processor time of the whole process for each picture, without the GPU. */
  readonly cpuMs: number;
  /** Share of the time in which the thread that feeds the GPU was busy. */
  readonly mainShare: number;
}

export interface DataSetting {
  readonly stored: readonly number[];
  readonly imageSize: number;
  readonly batch: number;
  readonly workers: readonly number[];
  readonly seconds: number;
  onRow(row: DataRow): void | Promise<void>;
}

const [PEOPLE, FACES] = [40, 5];
const AHEAD = 8; // batches, as the trainer tells its data

/** Measures decoding at every stored size and number of workers, and the last one up to the GPU. */
export async function measureData(gpu: Gpu, setting: DataSetting): Promise<DataRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'visage-bench-data-'));
  const rows: DataRow[] = [];
  try {
    for (const [k, stored] of setting.stored.entries()) {
      const set = join(folder, String(stored));
      await writeRenderedSet(set, { people: PEOPLE, facesPerPerson: FACES, size: stored, level: 'L2' });
      for (const workers of setting.workers) {
        const last = k === setting.stored.length - 1 && workers === setting.workers.at(-1);
        for (const until of last ? (['decoded', 'uploaded', 'changed'] as const) : (['decoded'] as const)) {
          const row = await measureRow(gpu, setting, { set, stored, workers, until });
          rows.push(row);
          await setting.onRow(row);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return rows;
}

type Combination = Pick<DataRow, 'stored' | 'workers' | 'until'> & { readonly set: string };

async function measureRow(gpu: Gpu, setting: DataSetting, of: Combination): Promise<DataRow> {
  const data = await openDataSet(of.set);
  const pool = new FacePool({ workers: of.workers });
  const pictures = new Pictures(data, setting.imageSize, { pool, keptBytes: 0 }); // decoded each time
  const { run, dispose } =
    of.until === 'decoded' ? decoding(data, pictures, setting) : pairing(data, pictures, setting, of);
  let number = 0;
  for (; number < AHEAD; number++) await run(number); // starts the threads and compiles
  await gpu.sync();
  const [cpu, loop, started] = [process.cpuUsage(), performance.eventLoopUtilization(), performance.now()];
  const first = number;
  while (performance.now() - started < 1000 * setting.seconds) await run(number++);
  await gpu.sync();
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  const { utilization } = performance.eventLoopUtilization(loop);
  const count = 2 * setting.batch * (number - first);
  await dispose();
  await pool.close();
  const { stored, workers, until } = of;
  return {
    ...{ stored, imageSize: setting.imageSize, workers, until, processors: availableParallelism() },
    picturesPerSecond: (1000 * count) / ms,
    cpuMs: (user + system) / 1000 / count,
    mainShare: utilization,
  };
}

/** What is measured: a batch of pairs, read after those of the batches before it. */
interface Work {
  run(number: number): Promise<void>;
  dispose(): void | Promise<void>;
}

function decoding({ fingerprint }: DataSet, pictures: Pictures, { batch }: DataSetting): Work {
  const reading = new Map<number, Promise<unknown>>();
  const read = (number: number) => {
    const faces = Array.from({ length: 2 * batch }, (_, k) => (2 * batch * number + k) % fingerprint.pictures);
    return reading.get(number) ?? Promise.all(faces.map((face) => pictures.bytes(face)));
  };
  return {
    async run(number) {
      for (let k = number; k < number + AHEAD; k++) reading.set(k, read(k));
      await read(number);
      reading.delete(number);
    },
    dispose: async () => void (await Promise.all(reading.values())),
  };
}

function pairing({ people }: DataSet, pictures: Pictures, { batch }: DataSetting, { until }: Combination): Work {
  const pairs = new PicturePairs({ people, pictures, batchSize: batch, seed: 1 });
  const source: TrainingData = until === 'changed' ? new ChangedPairs(pairs, truth.pictures, 1) : pairs;
  const step = record((): ImagePairs => source.images('same'));
  return {
    async run(number) {
      for (let k = number; k < number + AHEAD; k++) source.expect?.(kindOf(k), k);
      await source.read?.(kindOf(number), number);
      await source.load(kindOf(number), number);
      step.run();
    },
    dispose: () => step.dispose(),
  };
}

const kindOf = (step: number): PairKind => paper.pairs[step % paper.pairs.length] as PairKind;
