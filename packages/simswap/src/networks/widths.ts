/** Channels of the four stages of every SimSwap network at width 1. */
const STAGES = [64, 128, 256, 512] as const;

/** Channel counts of the four stages at a given width: ⌊n · width⌋, but no fewer than `least`. */
export const stageChannels = (width: number, least = 4): [number, number, number, number] =>
  STAGES.map((n) => Math.max(least, Math.floor(n * width))) as [number, number, number, number];
