import { type CaseReport, conformanceTable, goldenFile, runGoldenFile } from '@visage/conformance';
import { collectGarbage } from '@visage/conformance/node';
import { loadSafetensors } from '@visage/nn/node';
import type { Precision } from '@visage/simswap';
import { adapterLine } from '@visage/training';
import type { Command } from 'commander';
import { openDevice } from '../terminal/device.ts';
import { UsageError } from '../terminal/failure.ts';
import { precisionOption, warnOfPrecision } from '../terminal/precision.ts';

interface Options {
  readonly json?: boolean;
  readonly case?: string;
  readonly replay?: boolean;
  readonly precision?: Precision;
}

async function conformance(files: string[], options: Options): Promise<void> {
  const golden = (await Promise.all(files.map(loadSafetensors))).map(goldenFile);
  const gpu = await openDevice();
  warnOfPrecision(options.precision);
  const reports: CaseReport[] = [];
  for (const file of golden) {
    for await (const report of runGoldenFile(file, {
      only: options.case,
      ...options,
      rest: gpu.adapter.software ? collectGarbage : undefined,
    }))
      reports.push(report);
  }
  if (reports.length === 0)
    throw new UsageError(`no case matches "${options.case}"; leave --case out to see all names`);
  const passed = reports.every((report) => report.status === 'pass');
  if (options.json) console.log(JSON.stringify({ adapter: gpu.adapter.name, passed, cases: reports }, null, 2));
  else console.log(`${adapterLine(gpu)}\n\n${conformanceTable(reports)}`);
  if (!passed) process.exitCode = 1;
}

/** Adds `visage conformance`. */
export function addConformance(program: Command): void {
  program
    .command('conformance')
    .description('run golden files on this adapter: errors of outputs and gradients, eagerly and replayed')
    .argument('<files...>', 'golden files (safetensors)')
    .addOption(precisionOption())
    .option('--json', 'print JSON')
    .option('--case <name>', 'only the cases whose name contains this')
    .option('--replay', 'also record each case and demand the same bits from its replay (default)')
    .option('--no-replay', 'eager runs only')
    .action(conformance);
}
