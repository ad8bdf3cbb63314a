/** @file What the benchmark and a peer's process say to each other. */
import type { Measured, Pace } from './measure.ts';
import type { WorkSizes } from './work.ts';

/** To a peer's process: do the contest of this number in `works(sizes)`. */
export interface Order {
  readonly number: number;
  readonly sizes: WorkSizes;
  readonly pace: Pace;
}

/** The device that a peer was given, with the limits that it asked for and that its sizes depend on. */
export interface PeerDevice {
  readonly adapter: string;
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
}

/** From a peer's process: first what it runs on, then one answer for each order. */
export type Answer = { readonly opened: PeerDevice } | { readonly measured: Measured } | { readonly failure: string };
