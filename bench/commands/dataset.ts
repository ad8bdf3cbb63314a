import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { integer } from '@visage/cli';
import { startGpu } from '@visage/gpu/node';
import { FaceFinder, loadFaceNetworks, picture } from '@visage/photos';
import { importFaceSet, npmWeights } from '@visage/photos/node';
import { adapterLine } from '@visage/training';
import type { Command } from 'commander';
import sharp from 'sharp';
import { RememberedFaces, writeImportPictures } from '../core/importPictures.ts';

interface Options {
  readonly pictures: number;
  readonly size: number;
  readonly workers?: number;
  readonly remembered?: boolean;
  readonly folder?: string;
  readonly json?: string;
}

const PARTS = 10; // of a run, after each of which rate and memory are noted

/** What was measured after a part of the pictures. */
interface Part {
  readonly pictures: number;
  readonly picturesPerSecond: number;
  /** Resident memory of the process, worker threads included. */
  readonly megabytes: number;
}

/** Adds `dataset`. */
export function addDatasetBench(program: Command): void {
  program
    .command('dataset')
    .description('pictures a second and memory of an import of photographs 640 pixels wide, 22 faces in 6 pictures')
    .option('--pictures <n>', 'how many', integer(1, 1_000_000), 600)
    .option('--size <pixels>', 'height and width of the faces', integer(16, 1024), 224)
    .option('--workers <n>', 'threads that decode and compress', integer(1, 64))
    .option('--remembered', 'run the networks once for each photograph: the time of everything else')
    .option('--folder <folder>', 'where the pictures are made and kept for the next run (default: removed afterwards)')
    .option('--json <file>', 'write the result as JSON')
    .action(measure);
}

async function measure({ pictures, size, workers, remembered = false, folder, json }: Options): Promise<void> {
  const gpu = await startGpu({ robustness: false });
  const work = folder ?? (await mkdtemp(join(tmpdir(), 'visage-import-')));
  const [from, out] = [join(work, `pictures-${pictures}`), join(work, `set-${process.pid}`)];
  await writeImportPictures(from, pictures);
  const networks = loadFaceNetworks(npmWeights);
  const finder = new RememberedFaces(new FaceFinder(networks, { passes: 3 }));
  await finder.prepare(decodeAt); // compiles kernels, too
  const parts: Part[] = [];
  let [start, began] = [0, performance.now()];
  const { header } = await importFaceSet(from, out, remembered ? finder : new FaceFinder(networks, { passes: 3 }), {
    size,
    workers,
    onProgress({ done }) {
      if (done === 0) began = performance.now();
      if (done - start < pictures / PARTS) return;
      const now = performance.now();
      const picturesPerSecond = (done - start) / ((now - began) / 1000);
      parts.push({ pictures: done, picturesPerSecond, megabytes: process.memoryUsage.rss() / 2 ** 20 });
      [start, began] = [done, now];
      const { megabytes } = parts.at(-1) as Part;
      console.log(`${done} pictures  ${picturesPerSecond.toFixed(1)} pictures/s  ${megabytes.toFixed(0)} MiB`);
    },
  });
  const assembling = (performance.now() - began) / 1000;
  await rm(out, { recursive: true, force: true });
  if (folder === undefined) await rm(work, { recursive: true, force: true });
  const { faces = 0, people = 0 } = header ?? {};
  const where = `${adapterLine(gpu)}, ${workers ?? Math.min(8, availableParallelism())} workers`;
  const what = remembered ? 'networks run once for each photograph' : 'all networks';
  console.log(`${faces} faces of ${people} people; set written in ${assembling.toFixed(1)} s; ${what}; ${where}`);
  if (faces === 0) throw new Error('the import found no faces');
  const result = { adapter: adapterLine(gpu), remembered, size, workers, pictures, faces, assembling, parts };
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
}

/** A photograph at the width of the pictures that were made of it. */
async function decodeAt(file: string, width: number) {
  const { data, info } = await sharp(file).resize(width).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return picture(info.width, info.height, new Uint8Array(data));
}
