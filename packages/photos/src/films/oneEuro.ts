/** How a {@link OneEuroFilter} weighs stillness against lag. */
export interface OneEuroOptions {
  /** The cutoff frequency of a value that does not move, in Hz. Lower means stiller. */
  readonly cutoff: number;
  /** How much the cutoff rises with the speed, in Hz for one unit a second. Higher means less lag. */
  readonly slope: number;
}

/** The cutoff frequency of the speed, in Hz. */
const SPEED_CUTOFF = 1;

/** What a filter knows: plain data. */
export interface OneEuroState {
  readonly time: number;
  readonly values: readonly number[];
  readonly speeds: readonly number[];
}

/** The weight of a new value in a low-pass filter: 1 / (1 + τ/Δt), τ = 1 / 2πf. */
const weight = (cutoff: number, seconds: number): number => 1 / (1 + 1 / (2 * Math.PI * cutoff * seconds));

/**
 * One step of the One-Euro filter, a low-pass whose cutoff rises with the speed of the values together, so that they
 * neither tremble at rest nor lag in motion (Casiez, Roussel and Vogel 2012, "1 € filter", algorithm 1).
 *
 * @param state of the last step; nothing at the first, which returns the values themselves.
 * @param time of the values in seconds, later than that of the last step.
 */
export function oneEuro(
  { cutoff, slope }: OneEuroOptions,
  state: OneEuroState | undefined,
  values: readonly number[],
  time: number,
): OneEuroState {
  if (!state || time <= state.time) return { time, values, speeds: values.map(() => 0) };
  const seconds = time - state.time;
  const between = (a: number, b: number, share: number): number => a + share * (b - a);
  const share = weight(SPEED_CUTOFF, seconds);
  const speeds = values.map((value, k) => {
    const speed = (value - (state.values[k] as number)) / seconds;
    return between(state.speeds[k] as number, speed, share);
  });
  const follow = weight(cutoff + slope * Math.hypot(...speeds), seconds);
  return { time, values: values.map((value, k) => between(state.values[k] as number, value, follow)), speeds };
}
