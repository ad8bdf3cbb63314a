import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { aligned } from '@visage/conformance';
import { isPth, readPth, readSafetensors, type WeightFile } from '@visage/nn';
import { checkOutput, loadFile, saveFile } from '@visage/nn/node';
import {
  type GeneratorConfig,
  type ImportedNetwork,
  importedFile,
  importKinds,
  importNetwork,
  type Pipeline,
} from '@visage/simswap';
import { type Command, Option } from 'commander';
import { UsageError } from '../terminal/failure.ts';
import { withFlags } from '../terminal/flags.ts';

interface Options {
  readonly as: string;
  readonly out?: string;
  readonly prefix?: string;
  readonly list?: boolean;
}

const ALIGNMENTS: Readonly<Record<Pipeline['alignment'], string>> = {
  'arcface-poses': "ArcFace's five poses",
  ffhq: "FFHQ's template, which shows more around the face",
};

/** Reads a weight file: as safetensors if its name says so and its content is no PyTorch file, else as PyTorch's. */
async function readWeights(path: string): Promise<WeightFile> {
  const bytes = await loadFile(path);
  return isPth(bytes) || !/\.safetensors$/i.test(path) ? readPth(bytes, path) : readSafetensors(bytes, path);
}

/** Counts names by the part before their first dot: `BottleNeck (72)`. */
function grouped(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const [head = name] = name.split('.');
    counts.set(head, (counts.get(head) ?? 0) + 1);
  }
  return [...counts].map(([head, count]) => (count > 1 ? `${head} (${count})` : head)).join(' ');
}

/** Counts names by the part after their last dot, for lists such as batch counters: `3 × …num_batches_tracked`. */
function byEnding(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const ending = name.slice(name.lastIndexOf('.') + 1);
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  return [...counts].map(([ending, count]) => `${count} × …${ending}`).join(', ');
}

const MOST_OBJECTS = 6; // that the table names; --list prints all

const shortened = (names: readonly string[], most: number): string =>
  names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ');

/** Returns the lines of a table that says what the import did with each entry of the file. */
function report({ match }: ImportedNetwork, list: boolean): string[] {
  const { prefix, mapped, ignored, outside, missing, misshapen, unexpected, passedOver } = match;
  const names = [...mapped.keys()];
  const rows: [string, readonly string[], (names: readonly string[]) => string][] = [
    ['mapped', names, grouped],
    ['ignored', ignored, byEnding],
    [`outside of ${prefix}`, outside, grouped],
    ['no tensors', passedOver.map(({ name, type }) => `${name} (${type})`), (all) => shortened(all, MOST_OBJECTS)],
    ['missing', missing, (all) => all.join(' ')],
    ['misshapen', misshapen, (all) => all.join(', ')],
    ['without a place', unexpected, (all) => all.join(', ')],
  ];
  const shown = rows.filter(([what, entries]) => entries.length > 0 || what === 'mapped' || what === 'missing');
  if (list) return shown.flatMap(([what, entries]) => entries.map((entry) => `${what}: ${entry}`));
  return aligned(shown.map(([what, entries, show]) => [what, String(entries.length), show(entries)]));
}

/**
 * Returns the path of the output and checks it before anything is read. The default path never replaces an existing
 * file; a path that the user gave does.
 *
 * @throws UsageError if the default path exists already.
 */
async function targetOf(path: string, out: string | undefined): Promise<string> {
  const target = out ?? `${basename(path).replace(/\.\w+$/, '')}.safetensors`;
  await checkOutput(target, { inputs: [path], endings: ['.safetensors'] });
  if (out === undefined && existsSync(target))
    throw new UsageError(`${target}: is there already; replace it with -o ${target}, or choose another name with -o`);
  return target;
}

async function importFile(path: string, { as, out, prefix, list = false }: Options): Promise<void> {
  const target = await targetOf(path, out);
  const kind = importKinds.find(({ name }) => name === as) as (typeof importKinds)[number];
  const file = await readWeights(path);
  const imported = await withFlags({ prefix: '--prefix' }, () =>
    importNetwork(file, kind, prefix && `${prefix.replace(/\.$/, '')}.`),
  );
  console.log(`${path}: ${file.tensors.size} tensors, as ${kind.name} (${kind.about})`);
  console.log(report(imported, list).join('\n'));
  const bytes = importedFile(imported, path);
  await saveFile(target, bytes);
  const { pipeline } = kind;
  console.log(`${target}: ${(bytes.length / 1e6).toFixed(1)} MB, ${JSON.stringify(imported.network.config)}`);
  if (pipeline) {
    const advice = 'if the colours of swaps are wrong, it was of another: import it as that';
    console.log(`Pipeline ${pipeline.name}: ${pipeline.about}; ${advice}`);
    const side = pipeline.imageSize(imported.network.config as GeneratorConfig);
    console.log(`Its faces: ${side} x ${side} pixels, aligned by ${ALIGNMENTS[pipeline.alignment]}`);
  }
}

/** Adds `visage import`. */
export function addImport(program: Command): void {
  const names = importKinds.map(({ name }) => name);
  program
    .command('import')
    .description(
      "PyTorch's weights of a published network (.pth, .pt, .tar, .safetensors) as a weight file; nothing in them is run",
    )
    .argument('<file>', 'what torch.save wrote: a state dict, a checkpoint, or a whole module')
    .addOption(new Option('--as <network>', 'which network it is').choices(names).makeOptionMandatory())
    .option('-o, --out <file>', "where to write (default: the file's name with .safetensors, here)")
    .option('--prefix <name>', 'keys that lead to the network in the file, where several fit: g_ema')
    .option('--list', 'print every name')
    .addHelpText(
      'after',
      `\nNetworks:\n${aligned(importKinds.map(({ name, about }) => [`  ${name}`, about])).join('\n')}`,
    )
    .action(importFile);
}
