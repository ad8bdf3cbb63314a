/**
 * @file The two sets of people on which swappers are measured. Choosing settings or a checkpoint by the figures of some
 * people makes those figures better than they are for others. One set is therefore used during development, and
 * reported figures come from the other.
 */
import { faceSets } from '@visage/faces';

/**
 * `tuning`: runs are measured on these people during training, and the presets were chosen by them. `reporting`: no
 * choice was based on these people. No network was trained on either set.
 */
export type PeopleSet = 'tuning' | 'reporting';

/** The number of the first person of each set, which is also the number of its first attributes. */
export const firstOf: Readonly<Record<PeopleSet, number>> = { tuning: faceSets.heldOut, reporting: faceSets.reporting };

/** Describes the people of a set, for tables and pages. */
export const aboutPeople = (set: PeopleSet, count: number): string =>
  set === 'tuning'
    ? `${count} tuning people: no training saw them, but presets were chosen by how swaps of them look`
    : `${count} reporting people: no training saw them, and no setting was chosen by them`;
