import { reportPage } from '@visage/training';
import { chartsOf } from './charts.ts';
import type { BenchResult } from './result.ts';
import { tablesOf } from './tables.ts';

/** A result as one HTML page that needs no other file. */
export function benchPage(result: BenchResult): string {
  const { bench, adapter, driver, versions, when, tuned, sizes } = result;
  return reportPage({
    title: `Visage bench: ${bench}`,
    facts: [
      ['adapter', adapter],
      ['driver', driver],
      ['versions', versions],
      ['measured', when],
      ['tuned problems', String(tuned)],
      ['networks', `${sizes.size} pixels, width ${sizes.width}, ${sizes.blocks} blocks`],
    ],
    tables: tablesOf(result),
    pictures: [],
    timeline: [],
    besideTimeline: [],
    charts: chartsOf(result),
  });
}
