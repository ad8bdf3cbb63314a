import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { integer } from '@visage/cli';
import { startGpu } from '@visage/gpu/node';
import { type CurationRules, defaultRules, FaceFinder, loadFaceNetworks, picture } from '@visage/photos';
import { importFaceSet, npmWeights } from '@visage/photos/node';
import { adapterLine } from '@visage/training';
import type { Command } from 'commander';
import sharp from 'sharp';
import { decodePicture, pixelsOf } from '../../packages/photos/src/node/sets/decode.ts';
import { encodeFace } from '../../packages/photos/src/node/sets/encode.ts';
import { surveyPictures } from '../../packages/photos/src/node/sets/survey.ts';
import { alone, type ImportCosts, ImportCounters } from '../core/importCosts.ts';
import { RememberedFaces, writeImportPictures } from '../core/importPictures.ts';

interface Options {
  readonly pictures: number;
  readonly size: number;
  readonly workers?: number;
  readonly remembered?: boolean;
  readonly batch?: number;
  readonly busy?: boolean;
  readonly flat?: boolean;
  readonly enlargement: number;
  readonly folder?: string;
  readonly json?: string;
}

/** Each person's folder shows the same people, so most faces would be left out otherwise. */
const EVERY_FACE: CurationRules = { sharpness: 0, stranger: 9, duplicate: -1 };
const ALONE = 30; // pictures on which steps are timed alone
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
    .option('--batch <n>', 'pictures that are looked at together (default: 16; software adapter: 1)', integer(1, 32))
    .option('--busy', 'ask the GPU for results all the time instead of once a millisecond')
    .option('--flat', 'tell people apart by their faces instead of by folders')
    .option('--enlargement <times>', 'the rule that decides how small faces may be', Number, defaultRules.enlargement)
    .option('--folder <folder>', 'where the pictures are made and kept for the next run (default: removed afterwards)')
    .option('--json <file>', 'write the result as JSON')
    .action(measure);
}

async function measure(options: Options): Promise<void> {
  const { pictures, size, workers, enlargement, remembered = false, folder, json } = options;
  const gpu = await startGpu({ robustness: false, polling: options.busy ? 'busy' : 'timed' });
  const work = folder ?? (await mkdtemp(join(tmpdir(), 'visage-import-')));
  const [from, out] = [join(work, `pictures-${pictures}`), join(work, `set-${process.pid}`)];
  await writeImportPictures(from, pictures);
  const { batch = gpu.adapter.software ? 1 : 16 } = options;
  const finder = new FaceFinder(loadFaceNetworks(npmWeights), { passes: 3, batch });
  const memory = new RememberedFaces(finder);
  await memory.prepare(decodeAt); // compiles kernels, too
  const counters = new ImportCounters(gpu);
  const parts = new Parts(pictures);
  let costs: ImportCosts = {};
  const { header, leftOut } = await importFaceSet(from, out, counters.timed(remembered ? memory : finder), {
    size,
    workers,
    layout: options.flat ? 'flat' : 'people',
    rules: { ...EVERY_FACE, enlargement },
    onProgress({ done }) {
      if (done === 0) counters.begin();
      parts.note(done);
      if (done === pictures) costs = counters.costs(pictures);
    },
  });
  const assembling = parts.secondsSince();
  const megabytesOfSet = parts.end();
  const steps = await stepsAlone(from, size);
  await rm(out, { recursive: true, force: true });
  if (folder === undefined) await rm(work, { recursive: true, force: true });
  const { faces = 0, people = 0 } = header ?? {};
  if (!costs.faces) throw new Error(`the import found no faces: ${JSON.stringify([...leftOut])}`);
  const threads = workers ?? Math.min(8, availableParallelism());
  const where = `${adapterLine(gpu)}, ${threads} workers, batches of ${batch}`;
  const what = remembered ? 'networks run once for each photograph' : 'all networks';
  console.log(`${faces} faces of ${people} people; set written in ${assembling.toFixed(1)} s; ${what}; ${where}`);
  const each = { ...costs, ...steps };
  for (const [name, value] of Object.entries(each)) console.log(`  ${value.toFixed(2).padStart(12)}  ${name}`);
  const settings = { size, enlargement, workers: threads, batch };
  const result = { adapter: adapterLine(gpu), remembered, ...settings, pictures, faces, assembling, megabytesOfSet };
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ ...result, each, parts: parts.all }, null, 2)}\n`);
}

const residentMegabytes = (): number => process.memoryUsage.rss() / 2 ** 20;

/** Rate and memory along a run. */
class Parts {
  readonly all: Part[] = [];
  readonly #pictures: number;
  #start = 0;
  #began = performance.now();
  #peak = 0;
  readonly #timer = setInterval(() => {
    this.#peak = Math.max(this.#peak, residentMegabytes());
  }, 50);

  constructor(pictures: number) {
    this.#pictures = pictures;
  }

  note(done: number): void {
    const now = performance.now();
    if (done === 0) this.#began = now;
    if (done - this.#start < this.#pictures / PARTS) return;
    const picturesPerSecond = (done - this.#start) / ((now - this.#began) / 1000);
    const megabytes = residentMegabytes();
    this.all.push({ pictures: done, picturesPerSecond, megabytes });
    [this.#start, this.#began, this.#peak] = [done, now, megabytes];
    console.log(`${done} pictures  ${picturesPerSecond.toFixed(1)} pictures/s  ${megabytes.toFixed(0)} MiB`);
  }

  /** Ends the run. Returns the peak of memory since the last picture was read: of writing the set and its pages. */
  end(): number {
    clearInterval(this.#timer);
    console.log(`set and pages written  at most ${this.#peak.toFixed(0)} MiB`);
    return this.#peak;
  }

  /** Seconds since the last part ended. */
  secondsSince(): number {
    return (performance.now() - this.#began) / 1000;
  }
}

/** Milliseconds of processors for the steps of a picture and of a face, each step alone. */
async function stepsAlone(folder: string, size: number): Promise<ImportCosts> {
  const { pictures } = await surveyPictures(folder);
  const some = pictures.slice(0, ALONE);
  const faces = await Promise.all(
    some.map(({ file }) => sharp(file).resize(size, size, { fit: 'cover' }).ensureAlpha().raw().toBuffer()),
  );
  return {
    'ms of reading the header, alone': await alone(some, ({ file }) => pixelsOf(file)),
    'ms of decoding and hashing, alone': await alone(some, ({ file, source }) => decodePicture(file, source)),
    'ms of compressing and measuring a face, alone': await alone(faces, (face) => encodeFace(face, size, 95)),
  };
}

/** A photograph at the width of the pictures that were made of it. */
async function decodeAt(file: string, width: number) {
  const { data, info } = await sharp(file).resize(width).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return picture(info.width, info.height, new Uint8Array(data));
}
