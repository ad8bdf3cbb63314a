/** @file Measures every system and every baseline answer with the same judge. */
import {
  type Embeddings,
  type Level,
  pixelErrors,
  retrievalTop1,
  type SwapIndices,
  type SwapTask,
  swapScores,
} from '@visage/faces';
import { currentGpu, type Gpu, stayedBusy, warmUp } from '@visage/gpu';
import { type IdentityNetwork, inBatches } from '@visage/simswap';
import { noGrad, record } from '@visage/tensor';
import { facesAtOnce, upload } from '../evaluation/batches.ts';
import { embedAll, enrolled, renderAll } from '../evaluation/evaluate.ts';
import { firstOf } from '../evaluation/people.ts';
import { type Attribute, attributeErrors, labelsOf } from './attributes/labels.ts';
import type { AttributeMeter } from './attributes/meter.ts';
import { comparedSwaps, type SwapGroup, type SwapPlan, selfSwaps, swapGroups } from './plan/swaps.ts';
import type { ComparedSystem } from './systems/system.ts';

/** The networks and swaps that the comparison uses. */
export interface MeasureOptions {
  readonly judge: IdentityNetwork;
  readonly meter: AttributeMeter;
  readonly imageSize: number;
  readonly level: Level;
  readonly plan: SwapPlan;
}

/** The scores of one answer. */
export interface ComparedScores extends Readonly<Record<Attribute, number>> {
  /** Share of swaps whose nearest person in the gallery of all people is the source. */
  readonly retrieval: number;
  /** PSNR in dB on the inner face against the exact swap. */
  readonly psnr: number;
}

/** The scores of a system. */
export interface SystemScores extends ComparedScores {
  /** PSNR in dB on the inner face when a person is swapped into a photo of themselves, against that photo. */
  readonly selfPsnr: number;
  readonly millisecondsPerFace: number;
}

/** Baseline answers; `truth` shows how judge and meter score a perfect swap. */
export type ReferenceName = 'copyTarget' | 'copySource' | 'meanIdentity' | 'truth';

type Rendered = Awaited<ReturnType<typeof renderAll>>;

const TIMED_RUNS = 20;

/**
 * The batch size of the speed measurement: the number of photos per person, or fewer if they do not fit on the device.
 */
export const timedAtOnce = ({ photos }: SwapPlan, imageSize: number): number =>
  Math.min(photos, facesAtOnce(imageSize));

/** Measures systems on the same swaps, with the same judge. */
export class Comparison {
  readonly #options: MeasureOptions;
  readonly #faces: Rendered;
  readonly #selfFaces: Rendered;
  readonly #task: SwapTask;
  readonly #labels: readonly (readonly number[])[];

  private constructor(
    options: MeasureOptions,
    faces: Rendered,
    selfFaces: Rendered,
    task: SwapTask,
    indices: SwapIndices,
  ) {
    this.#options = options;
    this.#faces = faces;
    this.#selfFaces = selfFaces;
    this.#task = task;
    this.#labels = Array.from(indices.targetAttributes, (attributes, k) =>
      labelsOf({ identity: indices.targetIdentities[k]!, attributes, level: options.level }),
    );
  }

  /** Renders the faces, and computes the judge's embedding of every person. */
  static async prepare(options: MeasureOptions): Promise<Comparison> {
    const { judge, plan, imageSize, level } = options;
    const indices = comparedSwaps(plan);
    const { people, peopleSet } = plan;
    const rendering = { judge, imageSize, level, people, peopleSet };
    const faces = await renderAll(indices, rendering);
    const task: SwapTask = {
      count: indices.sourceIdentities.length,
      truths: faces.truths,
      masks: faces.masks,
      sources: await embedAll(judge, faces.sources, imageSize),
      targets: await embedAll(judge, faces.targets, imageSize),
      gallery: await enrolled(rendering),
      sourceRows: indices.sourceIdentities.map((person) => person - firstOf[peopleSet]),
    };
    return new Comparison(options, faces, await renderAll(selfSwaps(plan), rendering), task, indices);
  }

  /** The faces of all swaps, flat NHWC. */
  get faces(): Pick<Rendered, 'sources' | 'targets' | 'truths'> {
    return this.#faces;
  }

  /** The scores of the baseline answers. */
  async references(): Promise<Record<ReferenceName, ComparedScores>> {
    const { sources, targets, truths, meanIdentity } = this.#faces;
    return {
      copyTarget: await this.#score(targets),
      copySource: await this.#score(sources),
      meanIdentity: await this.#score(meanIdentity),
      truth: await this.#score(truths),
    };
  }

  /** Swaps all faces and scores the swaps; also returns the swaps, flat NHWC. */
  async measure(system: ComparedSystem): Promise<{ scores: SystemScores; swaps: Float32Array }> {
    const { imageSize, plan } = this.#options;
    const groups = swapGroups(plan);
    const swaps = await swapGrouped(system, this.#faces, groups, imageSize, ({ source }) => source);
    const selfSwapped = await swapGrouped(system, this.#selfFaces, groups, imageSize, ({ target }) => target);
    const { targets, masks } = this.#selfFaces;
    const { meanPsnr: selfPsnr } = pixelErrors(selfSwapped, targets, masks, this.#task.count);
    const scores = { ...(await this.#score(swaps)), selfPsnr, millisecondsPerFace: await this.#time(system) };
    return { scores, swaps };
  }

  /**
   * The share of swaps that the judge recognises as a third person outside the couple, a different one for each source.
   * A system that cannot be given a new source can reach only this share for a third person.
   */
  async strangers(swaps: Float32Array): Promise<number> {
    const { judge, imageSize, plan } = this.#options;
    const expected = Array.from(this.#task.sourceRows, (person) => (person + 2) % plan.people);
    return retrievalTop1(await embedAll(judge, swaps, imageSize), this.#task.gallery, expected);
  }

  async #score(images: Float32Array): Promise<ComparedScores> {
    const { judge, meter, imageSize } = this.#options;
    const embeddings: Embeddings = await embedAll(judge, images, imageSize);
    const { top1, psnr } = swapScores(this.#task, { images, embeddings });
    return { retrieval: top1, psnr, ...attributeErrors(await meter.read(images), this.#labels, meter.spread) };
  }

  /** Milliseconds per face of a recorded swap of {@link timedAtOnce} faces, including the source's identity network. */
  async #time(system: ComparedSystem): Promise<number> {
    const { imageSize, plan } = this.#options;
    const { sources, targets } = this.#faces;
    const count = timedAtOnce(plan, imageSize);
    const [target, source] = [targets, sources].map((images) => upload(images, imageSize, 0, count));
    const step = record(() => noGrad(() => system.swap(target!, source!, 0)));
    const taken = await timeRuns(currentGpu(), step);
    step.dispose();
    for (const x of [target!, source!]) x.dispose();
    return taken / count;
  }
}

/**
 * Swaps rendered faces group by group. Flat NHWC, in [0, 1].
 *
 * @param wanted the number of the person whom the swaps of a group should show.
 */
export async function swapGrouped(
  system: ComparedSystem,
  { sources, targets }: Pick<Rendered, 'sources' | 'targets'>,
  groups: readonly SwapGroup[],
  imageSize: number,
  wanted: (group: SwapGroup) => number,
): Promise<Float32Array> {
  const all = new Float32Array(targets.length);
  for (const group of groups) {
    const swap = (from: number, to: number) => {
      const batch = (images: Float32Array) => upload(images, imageSize, group.from + from, group.from + to);
      return noGrad(() => system.swap(batch(targets), batch(sources), wanted(group)));
    };
    const swapped = await inBatches(group.to - group.from, swap, facesAtOnce(imageSize));
    all.set(swapped, group.from * imageSize * imageSize * 3);
  }
  return all.map((value) => Math.min(1, Math.max(0, value)));
}

/** Mean milliseconds of one run over many consecutive runs, on a device that has reached its full clock rate. */
export async function timeRuns(gpu: Gpu, step: { run(): unknown }): Promise<number> {
  step.run();
  await gpu.sync();
  await warmUp(gpu, () => step.run());
  const began = performance.now();
  for (let k = 0; k < TIMED_RUNS; k++) step.run();
  await gpu.sync();
  const taken = performance.now() - began;
  stayedBusy(gpu);
  return taken / TIMED_RUNS;
}
