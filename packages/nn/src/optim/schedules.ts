import { ArgumentError } from '@visage/gpu';

/** Learning rate of a step; steps count from 0. Pure, so a resumed run needs nothing but its step number. */
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

/** The same rate at all times, after the warm-up. */
export const constantSchedule = (options: ScheduleOptions): Schedule => withWarmup(options, () => options.rate);

/** Half a cosine from rate down to floor: floor + (rate − floor) · (1 + cos πu) / 2, u from 0 to 1 between warm-up and end. */
export function cosineSchedule(options: DecayOptions): Schedule {
  return decaying('cosineSchedule', options, (u) => (1 + Math.cos(Math.PI * u)) / 2);
}

/** (1 − u)^power of the way from floor to rate; power 1 is linear decay. */
export function polynomialSchedule(options: DecayOptions & { readonly power?: number }): Schedule {
  const { power = 1 } = options;
  if (!(power > 0)) throw new ArgumentError('polynomialSchedule', 'power', String(power), 'a positive number');
  return decaying('polynomialSchedule', options, (u) => (1 - u) ** power);
}

/** Multiplies the rate by `factor` at each milestone (a step number). */
export function stepSchedule(
  options: ScheduleOptions & { readonly milestones: readonly number[]; readonly factor?: number },
): Schedule {
  const { rate, milestones, factor = 0.1 } = options;
  return withWarmup(options, (step) => rate * factor ** milestones.filter((at) => at <= step).length);
}

function withWarmup({ rate, warmup = 0 }: ScheduleOptions, after: Schedule): Schedule {
  return (step) => (step < warmup ? (rate * (step + 1)) / warmup : after(step));
}

function decaying(name: string, options: DecayOptions, remaining: (u: number) => number): Schedule {
  const { rate, steps, warmup = 0, floor = 0 } = options;
  if (!(steps > warmup))
    throw new ArgumentError(name, 'steps', String(steps), `more than the ${warmup} of the warm-up`);
  return withWarmup(options, (step) => {
    const u = Math.min(1, (step - warmup) / (steps - warmup));
    return floor + (rate - floor) * remaining(u);
  });
}
