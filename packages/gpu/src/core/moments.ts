let latest = 0;

/**
 * The next of the numbers that put what happens in this process in order: a buffer is made, its content changes, an op runs.
 *
 * One sequence for all three, so that "this tensor was there before that op, and was overwritten after it" is a comparison of numbers.
 */
export const nextMoment = (): number => ++latest;
