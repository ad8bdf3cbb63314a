import { ArgumentError, checkInteger, checkList, checkNumber, checkOptions, type OptionKeys } from '@visage/gpu';

/**
 * The learning rate of a step, counted from 0. It depends on nothing else, so that a resumed run needs its step number
 * only.
 */
export type Schedule = (step: number) => number;

/** What all decaying schedules share. */
export interface ScheduleOptions {
  /** Highest rate, reached at the end of the warm-up. */
  readonly rate: number;
  /** Steps of linear warm-up: step k < warmup takes rate · (k + 1) / warmup. */
  readonly warmup?: number;
}

/** Options of schedules that run for a known number of steps. */
export interface DecayOptions extends ScheduleOptions {
  /** Steps until the floor, warm-up included; the floor holds after. */
  readonly steps: number;
  /** Lowest rate. */
  readonly floor?: number;
}

type PolynomialOptions = DecayOptions & { readonly power?: number };
type StepOptions = ScheduleOptions & { readonly milestones: readonly number[]; readonly factor?: number };

const OPTIONS: OptionKeys<ScheduleOptions> = { rate: true, warmup: true };
const DECAY_OPTIONS: OptionKeys<DecayOptions> = { ...OPTIONS, steps: true, floor: true };
const POLYNOMIAL_OPTIONS: OptionKeys<PolynomialOptions> = { ...DECAY_OPTIONS, power: true };
const STEP_OPTIONS: OptionKeys<StepOptions> = { ...OPTIONS, milestones: true, factor: true };

/** Throws unless the options are those of a schedule, with a rate and a warm-up that make sense. */
function checkSchedule<O extends ScheduleOptions>(op: string, options: O, keys: OptionKeys<O>): void {
  checkOptions(op, options, keys);
  checkNumber(op, 'rate', options.rate, 0);
  checkInteger(op, 'warmup', options.warmup ?? 0, 0);
}

/**
 * The same rate at all steps after the warm-up.
 *
 * @throws ArgumentError for an option that is out of range, as all schedules do.
 */
export function constantSchedule(options: ScheduleOptions): Schedule {
  checkSchedule('constantSchedule', options, OPTIONS);
  return withWarmup(options, () => options.rate);
}

/**
 * Half a cosine from rate down to floor: floor + (rate − floor) · (1 + cos πu) / 2, u from 0 to 1 between warm-up and
 * end.
 */
export function cosineSchedule(options: DecayOptions): Schedule {
  checkSchedule('cosineSchedule', options, DECAY_OPTIONS);
  return decaying('cosineSchedule', options, (u) => (1 + Math.cos(Math.PI * u)) / 2);
}

/**
 * Polynomial decay: floor + (rate − floor) · (1 − u)^power, u from 0 to 1 between warm-up and end; power 1 is linear.
 */
export function polynomialSchedule(options: PolynomialOptions): Schedule {
  checkSchedule('polynomialSchedule', options, POLYNOMIAL_OPTIONS);
  const { power = 1 } = options;
  checkNumber('polynomialSchedule', 'power', power, Number.MIN_VALUE);
  return decaying('polynomialSchedule', options, (u) => (1 - u) ** power);
}

/** Step decay: the rate is multiplied by `factor` at each milestone, which is the number of a step. */
export function stepSchedule(options: StepOptions): Schedule {
  checkSchedule('stepSchedule', options, STEP_OPTIONS);
  const { rate, milestones, factor = 0.1 } = options;
  checkList('stepSchedule', 'milestones', milestones, 'step numbers');
  for (const [k, at] of milestones.entries()) checkInteger('stepSchedule', `milestones[${k}]`, at, 0);
  checkNumber('stepSchedule', 'factor', factor, 0);
  return withWarmup(options, (step) => rate * factor ** milestones.filter((at) => at <= step).length);
}

function withWarmup({ rate, warmup = 0 }: ScheduleOptions, after: Schedule): Schedule {
  return (step) => (step < warmup ? (rate * (step + 1)) / warmup : after(step));
}

function decaying(name: string, options: DecayOptions, remaining: (u: number) => number): Schedule {
  const { rate, steps, warmup = 0, floor = 0 } = options;
  checkInteger(name, 'steps', steps, 1);
  checkNumber(name, 'floor', floor, 0);
  if (steps <= warmup) throw new ArgumentError(name, 'steps', String(steps), `more than the ${warmup} of the warm-up`);
  return withWarmup(options, (step) => {
    const u = Math.min(1, (step - warmup) / (steps - warmup));
    return floor + (rate - floor) * remaining(u);
  });
}
