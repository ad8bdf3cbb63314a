import { aligned } from '@visage/conformance';
import { type ProfiledChoice, type ProfileRow, REASONS_NOTE, Reasons, variantsOf, warmUp } from '@visage/gpu';
import { type Precision, quietStep, type RecipeChanges } from '@visage/simswap';
import {
  adapterLine,
  describeRecipe,
  type MeasuredIdentity,
  measuredIdentity,
  measuredRun,
  newSettings,
  presetFor,
  presets,
  recipeNamed,
} from '@visage/training';
import { type Command, Option } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { integer } from '../terminal/options.ts';
import { precisionOption, warnOfPrecision } from '../terminal/precision.ts';
import { addRecipeFields, measuredIdentityOption, recipeOption } from '../terminal/recipe.ts';

interface Options {
  readonly preset?: string;
  readonly recipe?: string;
  readonly set?: RecipeChanges;
  readonly size?: number;
  readonly batch?: number;
  readonly precision?: Precision;
  readonly identity: MeasuredIdentity;
  readonly steps: number;
  readonly json?: boolean;
}

/**
 * Times every kernel of some training steps. The steps before them are not counted: they compile kernels, record the
 * step and bring the device to its full clock.
 */
async function profile({ identity, steps, json, ...options }: Options): Promise<void> {
  const gpu = await openDevice();
  warnOfPrecision(options.precision);
  const preset = presets.find(({ name }) => name === options.preset) ?? presetFor(gpu.adapter);
  const changes = { imageSize: options.size, batchSize: options.batch, precision: options.precision, set: options.set };
  const settings = newSettings(preset, recipeNamed(options.recipe), changes);
  const { trainer } = await measuredRun(settings, await measuredIdentity(identity));
  const run = (count: number) => trainer.run({ until: trainer.step + count });
  const cycle = settings.recipe.pairs.length;
  await run(cycle);
  await warmUp(gpu, () => run(cycle)); // as many steps as the device needs to reach its full clock
  await trainer.run({ until: quietStep(trainer.step, cycle) });
  const rows = await gpu.timeKernels(() => run(steps));
  const { imageSize, batchSize, precision, recipe } = settings;
  const setting = {
    preset: preset.name,
    recipe: recipe.name,
    set: options.set,
    imageSize,
    batchSize,
    precision,
    identity,
    steps,
  };
  if (json) console.log(JSON.stringify({ adapter: gpu.adapter.name, ...setting, kernels: rows }, null, 2));
  else {
    console.log(adapterLine(gpu));
    console.log(
      `preset ${preset.name}, recipe ${describeRecipe(recipe)}; ${imageSize} pixels, batch ${batchSize}, ${precision}, ${identity} identity network, mean of ${steps} steps\n`,
    );
    console.log(profileTable(rows, steps));
  }
}

const MOST_VARIANTS = 2; // that the table shows for one kernel

/** Lists the variants of a kernel's launches, most frequent first, each with its number of launches per step. */
function variantsTaken(choices: readonly ProfiledChoice[], steps: number): string {
  const calls = new Map<string, number>();
  for (const choice of choices) calls.set(variantsOf(choice), (calls.get(variantsOf(choice)) ?? 0) + choice.calls);
  const words = [...calls]
    .sort(([, a], [, b]) => b - a)
    .map(([variants, count]) => `${variants} (${Math.round(count / steps)})`);
  const rest = words.length - MOST_VARIANTS;
  return [...words.slice(0, MOST_VARIANTS), ...(rest > 0 ? [`${rest} more`] : [])].join('; ');
}

/**
 * Returns a table with one line per kernel, slowest first: calls and milliseconds per step, share of the step, rates,
 * variants, and why other variants were not taken.
 */
function profileTable(rows: readonly ProfileRow[], steps: number): string {
  const total = rows.reduce((sum, { ms }) => sum + ms, 0);
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  const reasons = new Reasons();
  const body = rows.map((row) => [
    row.kernel,
    String(Math.round(row.calls / steps)),
    (row.ms / steps).toFixed(3),
    `${((100 * row.ms) / total).toFixed(1)} %`,
    row.gflops > 0 ? row.gflops.toFixed(1) : '',
    row.gbps.toFixed(1),
    variantsTaken(row.choices, steps),
    reasons.numbersOf(row.choices),
  ]);
  const sum = ['total', String(Math.round(calls / steps)), (total / steps).toFixed(3), '', '', '', '', ''];
  const head = ['kernel', 'calls', 'ms', 'share', 'GFLOP/s', 'GB/s', 'variants', 'others'];
  const table = aligned([head, ...body, sum]);
  return [...table, '', 'why not others', ...aligned(reasons.rows()), REASONS_NOTE].join('\n');
}

/** Adds `visage profile`. */
export function addProfile(program: Command): void {
  const command = program
    .command('profile')
    .description('time every kernel of a training step')
    .addOption(new Option('--preset <name>', 'sizes of the networks').choices(presets.map(({ name }) => name)))
    .addOption(recipeOption())
    .option('--size <pixels>', 'height and width of the images', integer(32, 512))
    .option('--batch <n>', 'pairs per step', integer(1, 512))
    .addOption(precisionOption())
    .addOption(measuredIdentityOption())
    .option('--steps <n>', 'steps to time', integer(1, 1000), 2)
    .option('--json', 'print JSON');
  addRecipeFields(command).action(profile);
}
