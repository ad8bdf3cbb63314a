import type { Table } from '@visage/training';
import { CONVOLUTION_PASSES } from '../core/convolution.ts';
import { significant } from './format.ts';
import type { BenchName, BenchResult, Measurements, PytorchRow } from './result.ts';

/** A time of Visage and the time of PyTorch that it is compared with. */
interface Duel {
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
  /** Our time over theirs: below 1 Visage is faster. */
  readonly ratio: number;
}

/**
 * PyTorch's times beside ours, for all that both measured; `undefined` without results of both. Comparable only if they
 * come from one machine.
 */
export function versusPytorch(results: readonly BenchResult[]): Table | undefined {
  const measured = <Name extends BenchName>(name: Name) =>
    results.find(({ bench }) => bench === name)?.measured as Measurements[Name] | undefined;
  const pytorch = measured('pytorch');
  if (!pytorch) return undefined;
  const duels = [
    ...stepDuels(measured('step') ?? [], pytorch.training),
    ...generatorDuels(measured('networks') ?? [], pytorch.inference),
    ...convolutionDuels(measured('convolutions') ?? [], pytorch.convolutions),
  ];
  if (duels.length === 0) return undefined;
  return {
    title: 'Visage beside PyTorch',
    note: 'Times are medians; a share below 1 means that Visage is faster. Our step has a gradient penalty that theirs leaves out.',
    rows: [
      ['what', 'Visage', 'PyTorch', "Visage's time over PyTorch's"],
      ...duels.map(({ what, ours, theirs, ratio }) => [what, ours, theirs, significant(ratio)]),
    ],
  };
}

const ms = (value: number): string => `${significant(value)} ms`;
const fastest = <T extends { readonly ms: number }>(rows: readonly T[]): T | undefined =>
  rows.reduce<T | undefined>((best, row) => (best === undefined || row.ms < best.ms ? row : best), undefined);

/** Our best against their best, and f32 against f32. */
function stepDuels(ours: Measurements['step'], theirs: readonly PytorchRow[]): Duel[] {
  const duel = (what: string, mine: readonly { precision: string; ms: number }[], other: readonly PytorchRow[]) => {
    const [a, b] = [fastest(mine), fastest(other)];
    if (!a || !b) return [];
    return [{ what, ours: `${ms(a.ms)} (${a.precision})`, theirs: `${ms(b.ms)} (${b.precision})`, ratio: a.ms / b.ms }];
  };
  return [...new Set(ours.map(({ batch }) => batch))].flatMap((batch) => {
    const [mine, other] = [ours.filter((row) => row.batch === batch), theirs.filter((row) => row.batch === batch)];
    const single = <T extends { readonly precision: string }>(rows: readonly T[]) =>
      rows.filter(({ precision }) => precision === 'f32' || precision === 'fp32');
    return [
      ...duel(`training step, batch ${batch}, best of both`, mine, other),
      ...duel(`training step, batch ${batch}, f32`, single(mine), single(other)),
    ];
  });
}

/** Swaps against the generator as a CUDA graph, whatever the precision. */
function generatorDuels(ours: Measurements['networks'], theirs: readonly PytorchRow[]): Duel[] {
  const swaps = ours.filter(({ network }) => network === 'swap');
  return [...new Set(swaps.map(({ batch }) => batch))].flatMap((batch) => {
    const mine = fastest(swaps.filter((row) => row.batch === batch).map((row) => ({ ...row, ms: row.deviceMs })));
    const other = fastest(theirs.filter((row) => row.batch === batch));
    if (!mine || !other) return [];
    const what = `swap, batch ${batch}`;
    return [
      {
        what,
        ours: `${ms(mine.ms)} (${mine.precision})`,
        theirs: `${ms(other.ms)} (${other.precision})`,
        ratio: mine.ms / other.ms,
      },
    ];
  });
}

function convolutionDuels(ours: Measurements['convolutions'], theirs: Measurements['pytorch']['convolutions']): Duel[] {
  return ours.flatMap((mine) => {
    const name = mine.precision === 'f16' ? 'fp16' : 'fp32';
    const other = theirs.find(({ batch, precision }) => batch === mine.batch && precision === name);
    if (!other || mine.channelsIn !== 512 || mine.size !== 28 || mine.kernel !== 3) return [];
    const rate = (tflops: number) => `${significant(tflops)} TFLOP/s`;
    return CONVOLUTION_PASSES.map((pass) => ({
      what: `convolution ${mine.precision}, batch ${mine.batch}, ${pass === 'forward' ? pass : pass.replace('G', ' g')}`,
      ours: rate(mine.tflops[pass]),
      theirs: rate(other.tflops[pass]),
      ratio: mine.ms[pass] / other.ms[pass],
    }));
  });
}
