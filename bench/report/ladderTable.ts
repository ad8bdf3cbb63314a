import type { Table } from '@visage/training';
import type { LadderReport, LadderRow } from '../core/ladder.ts';
import { arithmeticRate, memoryRate, percent, significant } from './format.ts';

/** The tables of `bench -- ladder`. */
export function ladderTable({ side, ceilings, rows }: LadderReport): Table {
  const { copyGBps, gemmGflops, halfGemmGflops } = ceilings;
  const line = ({ name, tile, half, intensity, ms, gflops }: LadderRow): string[] => {
    const about = [name, half ? 'f16' : 'f32', tile.join(' x '), significant(intensity)];
    if (ms === undefined || gflops === undefined) return [...about, '', '', ''];
    const best = half ? halfGemmGflops : gemmGflops;
    return [...about, significant(ms), arithmeticRate(gflops), best ? percent(gflops / best) : ''];
  };
  const best = [
    `a copy ${memoryRate(copyGBps)}`,
    `the product of Visage ${arithmeticRate(gemmGflops)} in f32`,
    ...(halfGemmGflops ? [`${arithmeticRate(halfGemmGflops)} with f16 operands`] : []),
  ];
  const missing = rows.flatMap(({ name, reason }) => (reason ? [`Not here: ${name}, it ${reason}.`] : []));
  return {
    title: `A product of ${side} x ${side} matrices in ${rows.length} versions`,
    note: [`In the same run: ${best.join(', ')}.`, ...missing].join(' '),
    rows: [
      ['version', 'operands', 'tile', 'operations a byte', 'ms', 'rate', "of Visage's product"],
      ...rows.map(line),
    ],
  };
}
