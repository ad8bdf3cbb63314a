/** @file What mesh heads have to be to networks of real faces. A page can load it: it imports nothing from Node. */
import type { HeadLevel } from '@visage/faces';

/** What detector and recogniser of real faces make of rendered people. */
export interface GateReport {
  readonly level: HeadLevel;
  readonly size: number;
  readonly people: number;
  readonly pictures: number;
  /** Share of the pictures on which the face is found where it is. */
  readonly found: number;
  /** Mean distance of two pictures of different people, and of one person. */
  readonly apart: number;
  readonly alike: number;
  /** Share of the pairs of different people that are nearer than dlib's threshold of 0.6. */
  readonly accepted: number;
  readonly equalErrorRate: number;
}

/** What the figures have to reach. */
export const gates = { found: 0.75, apart: 0.62, equalErrorRate: 0.15 } as const;
