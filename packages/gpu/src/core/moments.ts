let latest = 0;

/**
 * The time of a logical clock: a number that is larger than all it returned before.
 *
 * Three kinds of events take their times from it: a buffer is made, its content changes, an op runs. So whether a
 * tensor existed before an op and was overwritten after it is a comparison of numbers.
 */
export const nextMoment = (): number => ++latest;
