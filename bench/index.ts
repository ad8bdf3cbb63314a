/**
 * Times every kernel at the shapes that the networks give it.
 *
 *     npm run bench -- [--size 224] [--batch 4] [--width 1] [--repeat 5] [--only words] [--json file]
 *
 * Per case and kernel: calls, milliseconds, GFLOP/s or GB/s (each binding counted once); for families with several variants the one that was
 * chosen, and below why the ones before it declined. On a software adapter the defaults are small: 64 pixels, batch 2, a quarter of the width.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Gpu, type ProfileRow, VisageError } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import type { BenchCase, Sizes, VariantChoice } from './case.ts';
import { convolutions } from './convolutions.ts';
import { otherCases } from './others.ts';

/** One kernel of one case; times are means over the repeats. */
interface BenchRow extends ProfileRow {
  readonly group: string;
  readonly case: string;
  readonly choice?: VariantChoice;
}

/** Times a case after a first run that compiles. */
async function time({ group, name, prepare }: BenchCase, repeat: number, gpu: Gpu): Promise<BenchRow[]> {
  const { run, inputs, variants } = prepare();
  run();
  await gpu.sync();
  const rows = await gpu.profile(() => {
    for (let k = 0; k < repeat; k++) run();
  });
  for (const x of inputs) x.dispose();
  return rows.map((row) => ({
    ...row,
    group,
    case: name,
    calls: Math.round(row.calls / repeat),
    ms: row.ms / repeat,
    choice: variants?.[row.kernel],
  }));
}

function printRows(rows: readonly BenchRow[], declined: Map<string, string[]>): void {
  const [first] = rows;
  console.log(`${first?.group}: ${first?.case}`);
  for (const { kernel, calls, ms, gflops, gbps, choice } of rows) {
    const rate = gflops > 0 ? `${gflops.toFixed(1).padStart(9)} GFLOP/s` : `${gbps.toFixed(2).padStart(9)} GB/s   `;
    const variant = choice ? `  ${choice.variant}  (${choice.shape})${noteOf(choice, declined)}` : '';
    console.log(
      `  ${kernel.padEnd(28)}${String(calls).padStart(4)} x${ms.toFixed(3).padStart(10)} ms${rate}${variant}`,
    );
  }
}

/** A letter that stands for the reasons why other variants declined; the legend at the end spells them out. */
function noteOf({ declined }: VariantChoice, legend: Map<string, string[]>): string {
  if (declined.length === 0) return '';
  const reasons = declined.map(({ name, reason }) => `${name}: ${reason}`);
  const known = [...legend].find(([, list]) => list.join() === reasons.join());
  const letter = known?.[0] ?? `[${legend.size + 1}]`;
  legend.set(letter, reasons);
  return ` ${letter}`;
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { size: text, batch: text, width: text, repeat: text, only: text, json: text },
  });
  const gpu = await startGpu({ robustness: false });
  const small = gpu.adapter.software;
  const number = (given: string | undefined, otherwise: number) => (given === undefined ? otherwise : Number(given));
  const width = number(values.width, small ? 0.25 : 1);
  const channels = [64, 128, 256, 512].map((n) => Math.max(4, Math.floor(n * width))) as [
    number,
    number,
    number,
    number,
  ];
  const sizes: Sizes = {
    size: number(values.size, small ? 64 : 224),
    batch: number(values.batch, small ? 2 : 4),
    width,
    channels,
  };
  if (!(sizes.size % 16 === 0 && sizes.batch >= 1 && width > 0)) {
    throw new VisageError('bench: --size must be a multiple of 16, --batch at least 1 and --width positive');
  }
  console.log(
    `${gpu.adapter.name}${small ? ' (software)' : ''}: ${sizes.size} pixels, batch ${sizes.batch}, width ${width}\n`,
  );

  const legend = new Map<string, string[]>();
  const all: BenchRow[] = [];
  for (const one of [...convolutions(sizes), ...otherCases(sizes)]) {
    if (values.only && !`${one.group} ${one.name}`.includes(values.only)) continue;
    const rows = await time(one, number(values.repeat, 5), gpu);
    printRows(rows, legend);
    all.push(...rows);
  }
  for (const [letter, reasons] of legend) console.log(`\n${letter} declined: ${reasons.join('; ')}`);
  if (values.json) await writeFile(values.json, JSON.stringify({ adapter: gpu.adapter, ...sizes, rows: all }, null, 2));
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
process.exit(); // Dawn keeps threads that would hold the process open
