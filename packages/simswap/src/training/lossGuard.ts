import type { SkippedUpdates } from './mixedPrecision.ts';
import type { StepReport } from './options.ts';
import { generatorLossNames, type LossName, lossNames } from './terms.ts';

/** Steps in a row that mixed precision may skip for a loss that is not finite. */
const PATIENCE = 10;

/** A loss that is not finite, at the step at which that began. */
export interface BadLoss {
  readonly step: number;
  readonly loss: LossName;
  readonly value: number;
}

/**
 * Decides whether a loss that is not finite ends the training.
 *
 * In f32 it ends it at once, because the weights were updated by it. In mixed precision an activation may overflow f16
 * on a single batch. The loss scaler then skips the update of the network whose loss it was, and batch norms leave
 * their running statistics as they were, so that training goes on. It ends at once when that network was updated
 * nevertheless, and otherwise at the {@link PATIENCE}th such step in a row.
 */
export class LossGuard {
  #first: BadLoss | undefined;
  #inARow = 0;
  #skipped: SkippedUpdates;

  /** @param skipped how many updates were skipped before the first step that it sees. */
  constructor(skipped: SkippedUpdates = { generator: 0, discriminator: 0 }) {
    this.#skipped = skipped;
  }

  /** What ends the training at this step, if anything does. */
  fatal(step: number, losses: Float32Array, scaling: StepReport['scaling']): BadLoss | undefined {
    const before = this.#skipped;
    if (scaling) this.#skipped = { generator: scaling.generator.skipped, discriminator: scaling.discriminator.skipped };
    const bad = lossNames.flatMap((loss, k) => {
      const value = losses[k] as number;
      return Number.isFinite(value) ? [] : [{ step, loss, value }];
    });
    this.#first = bad.length > 0 ? (this.#first ?? bad[0]) : undefined;
    this.#inARow = bad.length > 0 ? this.#inARow + 1 : 0;
    const taken = bad.find(({ loss }) => !skipped(loss, before, this.#skipped));
    return taken ?? (this.#inARow >= PATIENCE ? this.#first : undefined);
  }
}

/** Was the update by this loss skipped? */
function skipped(loss: LossName, before: SkippedUpdates, now: SkippedUpdates): boolean {
  const network = (generatorLossNames as readonly string[]).includes(loss) ? 'generator' : 'discriminator';
  return now[network] > before[network];
}
