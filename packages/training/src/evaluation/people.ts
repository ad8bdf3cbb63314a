/**
 * @file The two sets of people who measure swappers. Who chooses settings, or a checkpoint, by figures of some people
 * makes those figures better than they are on others: so one set is for looking while one works, and figures that are
 * reported come from another.
 */
import { faceSets } from '@visage/faces';

/**
 * `tuning`: a run is measured on them while it trains, and presets were chosen by them. `reporting`: nothing was chosen
 * by them. No network was trained on either.
 */
export type PeopleSet = 'tuning' | 'reporting';

/** Number of the first person, and of the first attributes, of a set. */
export const firstOf: Readonly<Record<PeopleSet, number>> = { tuning: faceSets.heldOut, reporting: faceSets.reporting };

/** Who they are, for tables and pages. */
export const aboutPeople = (set: PeopleSet, count: number): string =>
  set === 'tuning'
    ? `${count} tuning people: no training saw them, but presets were chosen by how swaps of them look`
    : `${count} reporting people: no training saw them, and no setting was chosen by them`;
