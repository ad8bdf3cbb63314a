import type { SafetensorsFile } from '@visage/nn';
import type { PairKind } from '../core/recipe.ts';
import { CollapseAlarm, type CollapseLimits, type CollapseSigns } from './collapse.ts';
import { NonFiniteLossError } from './errors.ts';
import type { LocalSteps } from './localSteps.ts';
import { type BadLoss, LossGuard } from './lossGuard.ts';
import { scalingIn, skippedIn } from './mixedPrecision.ts';
import type { RunOptions } from './options.ts';
import type { StepClock } from './pacing.ts';
import type { StepRunner } from './runner.ts';
import type { StepGate } from './stepGate.ts';
import { type LossName, lossNames } from './terms.ts';

/** Whom {@link StepReports.report} tells. */
export type Listeners = Pick<RunOptions, 'onStep' | 'onAlarm'>;

/** Reads the losses of the steps since the last reading, guards and reports them. */
export class StepReports {
  readonly #runner: StepRunner;
  readonly #gate: StepGate;
  readonly #kindOf: (step: number) => PairKind;
  readonly #alarm: CollapseAlarm;
  readonly #local: LocalSteps | undefined;
  #guard = new LossGuard();
  #unread = 0;

  /** @param local of a training whose devices take steps by themselves: the losses are still the means of all. */
  constructor(
    runner: StepRunner,
    gate: StepGate,
    kindOf: (step: number) => PairKind,
    limits?: CollapseLimits,
    local?: LocalSteps,
  ) {
    this.#runner = runner;
    this.#gate = gate;
    this.#kindOf = kindOf;
    this.#alarm = new CollapseAlarm(limits);
    this.#local = local;
  }

  /** Steps whose losses have not been read. */
  get unread(): number {
    return this.#unread;
  }

  /** Notes that a step was issued. */
  issued(): void {
    this.#unread += 1;
  }

  /** Notes that the training goes on from a checkpoint. */
  restored(file: SafetensorsFile): void {
    this.#unread = 0;
    this.#guard = new LossGuard(skippedIn(file));
  }

  /**
   * Reads and reports the losses of all steps since the last reading.
   *
   * @param last the number of steps done.
   * @throws NonFiniteLossError as {@link LossGuard} says.
   */
  async report(
    last: number,
    clock: StepClock,
    { onStep, onAlarm }: Listeners,
    signs: readonly Promise<CollapseSigns>[] = [],
  ): Promise<void> {
    const count = this.#unread;
    if (count === 0) return;
    this.#unread = 0;
    const [own, ...observed] = await Promise.all([this.#runner.losses(count), ...signs]);
    const rows = this.#local ? await this.#local.meanRows(own) : own;
    const stepsPerSecond = clock.tick(count);
    for (const [k, row] of rows.entries()) {
      const step = last - count + k + 1;
      const scaling = scalingIn(row.subarray(lossNames.length));
      const bad = this.#guard.fatal(step, row, scaling);
      if (bad) throw await this.#nonFinite(bad);
      const losses = Object.fromEntries(lossNames.map((name, column) => [name, row[column]])) as Record<
        LossName,
        number
      >;
      onStep?.({ step, kind: this.#kindOf(step - 1), losses, stepsPerSecond, ...(scaling && { scaling }) });
    }
    for (const each of observed) {
      const alarm = this.#alarm.observe(last, each);
      if (alarm) onAlarm?.(alarm);
    }
  }

  /**
   * The error of a loss that is not finite. It names the first op that fails when the step is repeated, if there is
   * memory to repeat it.
   */
  async #nonFinite({ step, loss, value }: BadLoss): Promise<NonFiniteLossError> {
    this.#gate.spoil(`the ${loss} loss became ${value} at step ${step}`);
    const kind = this.#kindOf(step - 1);
    for (const phase of this.#runner.phases.keys()) {
      await this.#runner.load(step - 1, phase);
      const op = await this.#runner.nonFiniteOp(phase, kind).catch(() => undefined);
      if (op) return new NonFiniteLossError(step, loss, value, op);
    }
    return new NonFiniteLossError(step, loss, value);
  }
}
