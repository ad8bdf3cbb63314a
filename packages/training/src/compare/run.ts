import { isHeadLevel, type Level } from '@visage/faces';
import { currentGpu } from '@visage/gpu';
import type { SafetensorsFile } from '@visage/nn';
import type { RecipeChanges } from '@visage/simswap';
import { builtInIdentity, builtInJudge } from '../networks/builtIn.ts';
import { loadFaces, loadIdentityNetwork } from '../networks/load.ts';
import { spreadOf } from '../report/spread.ts';
import { adapterLine, duration } from '../report/text.ts';
import type { Preset } from '../settings/presets.ts';
import { AttributeMeter } from './attributes/meter.ts';
import { type HardResults, hardScores } from './hardReport.ts';
import { type HardResult, HardSheet } from './hardSheet.ts';
import { Comparison, type SystemScores } from './measure.ts';
import type { Budget } from './plan/budget.ts';
import { hardLevel } from './plan/hardCases.ts';
import type { SwapPlan } from './plan/swaps.ts';
import { type ComparisonResult, comparisonPicture, resultOf, type SystemRun, writeComparison } from './report.ts';
import { DEEPFAKES, trainDeepFakes } from './systems/deepfakes.ts';
import { trainFaceShifter } from './systems/faceshifter.ts';
import { savedSimSwap, trainSimSwap } from './systems/simswap.ts';
import type { ComparedSystem, ComparisonSettings } from './systems/system.ts';

/** The systems' sizes and budget, and the swaps on which they are compared. */
export interface ComparisonOptions {
  readonly preset: Preset;
  readonly imageSize: number;
  readonly level: Level;
  readonly budget: Budget;
  readonly meterSteps: number;
  readonly plan: SwapPlan;
  readonly seed: number;
  /** Number of trainings of each system, from seeds {@link SEED_STRIDE} apart. Default 1. */
  readonly seeds?: number;
  /** Fields of SimSwap's recipe by dotted path. */
  readonly set?: RecipeChanges;
  /**
   * A SimSwap checkpoint that is measured without further training, in addition to the SimSwap that is trained within
   * the budget.
   */
  readonly checkpoint?: SafetensorsFile;
  readonly folder: string;
  /** Called with messages about the progress. */
  readonly say: (line: string) => void;
}

/**
 * The distance between two seeds. DeepFakes uses a consecutive seed for each of its couples, so there may be at most
 * this many couples.
 */
const SEED_STRIDE = 100;

/** The levels of the faces that a comparison measures: on mesh heads those of the hard cases too. */
const levelsShown = (level: Level): Level[] => (isHeadLevel(level) ? [level, hardLevel] : [level]);

/**
 * Trains all systems with the same budget, one seed after the other, and measures them with the same judge. Table, JSON
 * and page are written after every training, so an interruption loses only the current one.
 */
export async function compareSystems(options: ComparisonOptions): Promise<ComparisonResult> {
  const { preset, imageSize, level, plan, seed: first, seeds: count = 1, set, meterSteps, checkpoint, say } = options;
  await loadFaces([level]);
  const identity = await loadIdentityNetwork(builtInIdentity(level));
  say(`Training the regressors of pose, expression, gaze and light, ${meterSteps} steps`);
  const meter = await AttributeMeter.train({ imageSize, levels: levelsShown(level), steps: meterSteps, seed: first });
  const judge = await loadIdentityNetwork(builtInJudge(level));
  const measuring = { judge, meter, imageSize, level, plan };
  const comparison = await Comparison.prepare(measuring);
  const sheet = isHeadLevel(level) ? await HardSheet.prepare(measuring) : undefined;
  const seeds = Array.from({ length: count }, (_, k) => first + k * SEED_STRIDE);
  const setting = { preset: preset.name, imageSize, level, plan, seeds, set, meterSteps };
  const known = { adapter: adapterLine(currentGpu()), ...setting, references: await comparison.references() };
  const found = new Found(sheet && (await sheet.truth()));
  const take = async (train: () => ComparedSystem | Promise<ComparedSystem>, seed?: number): Promise<void> => {
    const began = performance.now();
    const system = await train();
    const { scores, swaps } = await comparison.measure(system);
    const strangers = system.name === DEEPFAKES ? await comparison.strangers(swaps) : undefined;
    const hard = found.knows(system) ? undefined : await sheet?.measure(system);
    const wallSeconds = (performance.now() - began) / 1000;
    found.add(system, { seed, spent: system.spent, wallSeconds, scores, strangers }, swaps, hard);
    say(lineOf(system, scores, wallSeconds, seed));
    const result = { ...known, ...found.results() };
    await writeComparison(options.folder, result, comparisonPicture(comparison, found.pictures, result), found.hard);
  };
  if (checkpoint) await take(() => savedSimSwap(checkpoint));
  for (const seed of seeds) {
    const settings: ComparisonSettings = { ...options, identity, seed };
    await take(() => trainSimSwap(settings), seed);
    await take(() => trainFaceShifter(settings), seed);
    await take(() => trainDeepFakes(settings), seed);
  }
  return { ...known, ...found.results() };
}

function lineOf({ name, spent }: ComparedSystem, scores: SystemScores, wallSeconds: number, seed?: number): string {
  const from = seed === undefined ? '' : ` from seed ${seed}`;
  const took = Number.isNaN(spent.seconds) ? '' : ` in ${duration(spent.seconds)}`;
  const figures = `recognised as the source ${Math.round(100 * scores.retrieval)} %, ${scores.psnr.toFixed(2)} dB`;
  return `${name}${from}: ${spent.steps} steps${took}, ${figures}; ${duration(wallSeconds)} with measuring`;
}

/** The results of the trainings so far. */
class Found {
  readonly #runs = new Map<string, { readonly parameters: number; readonly runs: SystemRun[] }>();
  readonly #hard = new Map<string, HardResult>();
  /** The swaps of each system's first training. */
  readonly pictures = new Map<string, Float32Array>();
  /** The hard cases, with the swaps of each system's first training. */
  readonly hard: HardResults | undefined;

  /** @param truth the exact swaps of the hard cases, where there are any. */
  constructor(truth: HardResult | undefined) {
    this.hard = truth && { truth, systems: this.#hard };
  }

  /** Whether a training of the system was added. */
  knows({ name }: ComparedSystem): boolean {
    return this.#runs.has(name);
  }

  add({ name, parameters }: ComparedSystem, run: SystemRun, swaps: Float32Array, hard?: HardResult): void {
    const { runs } = this.#runs.get(name) ?? { runs: [] };
    this.#runs.set(name, { parameters, runs: [...runs, run] });
    if (hard) this.#hard.set(name, hard);
    if (runs.length === 0) this.pictures.set(name, swaps);
  }

  results(): Pick<ComparisonResult, 'systems' | 'strangers' | 'hard'> {
    const systems = [...this.#runs].map(([name, { parameters, runs }]) => resultOf(name, parameters, runs));
    const asked = [...this.#runs.values()].flatMap(({ runs }) => runs.flatMap(({ strangers }) => strangers ?? []));
    return {
      systems,
      ...(asked.length > 0 && { strangers: spreadOf(asked).mean }),
      ...(this.hard && { hard: hardScores(this.hard) }),
    };
  }
}
