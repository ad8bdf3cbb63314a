/** @file The sheet of hard cases: every system's swaps of them, and how far each is from what it should keep. */
import { type Image, imagesOf, pixelErrors } from '@visage/faces';
import { renderAll } from '../evaluation/evaluate.ts';
import { swapMatrix } from '../evaluation/swapMatrix.ts';
import { type Attribute, attributeErrors, labelsOf } from './attributes/labels.ts';
import { type MeasureOptions, swapGrouped } from './measure.ts';
import { type HardCase, hardCases, hardLevel, hardSwaps } from './plan/hardCases.ts';
import { type SwapGroup, swapGroups } from './plan/swaps.ts';
import type { ComparedSystem } from './systems/system.ts';

/** What is measured of one hard case, as a mean over the sources. */
export interface HardScores extends Readonly<Record<Attribute, number>> {
  readonly name: string;
  /** PSNR in dB on the inner face against the exact swap; infinite for the exact swap itself. */
  readonly psnr: number;
}

type Rendered = Awaited<ReturnType<typeof renderAll>>;

/** Hard targets for every source of a comparison, in the layout of the paper's matrix: targets down, sources across. */
export class HardSheet {
  readonly #options: MeasureOptions;
  readonly #cases: readonly HardCase[];
  readonly #groups: readonly SwapGroup[];
  readonly #faces: Rendered;
  readonly #labels: readonly (readonly number[])[];

  private constructor(options: MeasureOptions, cases: readonly HardCase[], faces: Rendered) {
    this.#options = options;
    this.#cases = cases;
    this.#groups = swapGroups({ ...options.plan, photos: cases.length });
    this.#faces = faces;
    this.#labels = cases.map(({ attributes }) => labelsOf({ identity: 0, attributes, level: hardLevel }));
  }

  /** Chooses the cases and renders their faces. */
  static async prepare(options: MeasureOptions): Promise<HardSheet> {
    const cases = hardCases(options.plan);
    return new HardSheet(
      options,
      cases,
      await renderAll(hardSwaps(options.plan, cases), { ...options, level: hardLevel }),
    );
  }

  /** The exact swaps, with the errors that the meter makes on them. */
  async truth(): Promise<HardResult> {
    return this.#result(this.#faces.truths);
  }

  /** Swaps every hard case by a system. */
  async measure(system: ComparedSystem): Promise<HardResult> {
    const { imageSize } = this.#options;
    return this.#result(await swapGrouped(system, this.#faces, this.#groups, imageSize, ({ source }) => source));
  }

  async #result(swaps: Float32Array): Promise<HardResult> {
    const { meter } = this.#options;
    const { truths, masks } = this.#faces;
    const found = await meter.read(swaps);
    const { psnr } = pixelErrors(swaps, truths, masks, this.#groups.length * this.#cases.length);
    const scores = this.#cases.map(({ name }, k) => {
      const rows = this.#groups.map(({ from }) => from + k);
      const each = rows.map((row) => found[row] as readonly number[]);
      const labels = rows.map(() => this.#labels[k] as readonly number[]);
      const mean = rows.reduce((sum, row) => sum + (psnr[row] as number), 0) / rows.length;
      return { name, psnr: mean, ...attributeErrors(each, labels, meter.spread) };
    });
    return { scores, picture: this.#picture(swaps) };
  }

  /** A target shows the person into whom the first source is swapped. */
  #picture(swaps: Float32Array): Image {
    const { imageSize } = this.#options;
    const [sources, targets, made] = [this.#faces.sources, this.#faces.targets, swaps].map((all) =>
      imagesOf(all, imageSize),
    ) as [Image[], Image[], Image[]];
    const firsts = this.#groups.map(({ from }) => from);
    return swapMatrix(
      firsts.map((from) => sources[from] as Image),
      targets.slice(0, this.#cases.length),
      (source, target) => made[(firsts[source] as number) + target],
      { targetNames: this.#cases.map(({ name }) => name) },
    );
  }
}

/** The scores of a system on the hard cases, and the picture of its swaps. */
export interface HardResult {
  readonly scores: readonly HardScores[];
  readonly picture: Image;
}
