import type { Level } from '@visage/faces';
import { currentGpu } from '@visage/gpu';
import type { SafetensorsFile } from '@visage/nn';
import { adapterLine } from '../terminal/device.ts';
import { duration } from '../terminal/progress.ts';
import type { Preset } from '../training/presets.ts';
import { builtInWeights, loadIdentityNetwork } from '../training/weights.ts';
import { AttributeMeter } from './attributes/meter.ts';
import type { Budget } from './budget.ts';
import { Comparison } from './measure.ts';
import { type ComparisonResult, comparisonPicture, type SystemResult, writeComparison } from './report.ts';
import type { SwapPlan } from './swaps.ts';
import { trainDeepFakes } from './systems/deepfakes.ts';
import { trainFaceShifter } from './systems/faceshifter.ts';
import { savedSimSwap, trainSimSwap } from './systems/simswap.ts';
import type { ComparedSystem, ComparisonSettings } from './systems/system.ts';

/** What to compare, and how much to spend on it. */
export interface ComparisonOptions {
  readonly preset: Preset;
  readonly imageSize: number;
  readonly level: Level;
  readonly budget: Budget;
  readonly meterSteps: number;
  readonly plan: SwapPlan;
  readonly seed: number;
  /** A SimSwap checkpoint that takes part as it is, beside the one that is trained within the budget. */
  readonly checkpoint?: SafetensorsFile;
  readonly folder: string;
  /** Is told what happens. */
  readonly say: (line: string) => void;
}

/** Trains all systems with the same budget, measures them with the same judge, and writes table, JSON and page into the folder. */
export async function compareSystems(options: ComparisonOptions): Promise<ComparisonResult> {
  const { preset, imageSize, level, plan, seed, meterSteps, checkpoint, folder, say } = options;
  const settings: ComparisonSettings = { ...options, identity: await loadIdentityNetwork(builtInWeights('identity')) };
  say(`Training the regressors of pose, expression, gaze and light, ${meterSteps} steps`);
  const meter = await AttributeMeter.train({ imageSize, level, steps: meterSteps, seed });
  const judge = await loadIdentityNetwork(builtInWeights('judge'));
  const comparison = await Comparison.prepare({ judge, meter, imageSize, level, plan });
  const systems: SystemResult[] = [];
  const pictures = new Map<string, Float32Array>();
  const take = async (system: ComparedSystem): Promise<Float32Array> => {
    const { name, spent, parameters } = system;
    const { scores, swaps } = await comparison.measure(system);
    systems.push({ name, spent, parameters, scores });
    pictures.set(name, swaps);
    const took = Number.isNaN(spent.seconds) ? '' : ` in ${duration(spent.seconds)}`;
    say(
      `${name}: ${spent.steps} steps${took}, recognised as the source ${Math.round(100 * scores.retrieval)} %, ${scores.psnr.toFixed(2)} dB`,
    );
    return swaps;
  };
  if (checkpoint) await take(savedSimSwap(checkpoint));
  await take(await trainSimSwap(settings));
  await take(await trainFaceShifter(settings));
  const strangers = await comparison.strangers(await take(await trainDeepFakes(settings)));
  const references = await comparison.references();
  const adapter = adapterLine(currentGpu());
  const result = {
    adapter,
    preset: preset.name,
    imageSize,
    level,
    plan,
    seed,
    meterSteps,
    systems,
    references,
    strangers,
  };
  await writeComparison(folder, result, comparisonPicture(comparison, pictures, result));
  return result;
}
