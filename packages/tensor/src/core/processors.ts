import type { Gpu } from '@visage/gpu';

/**
 * Workgroups that keep almost every processor at work: 97 of 100, 128 on an H200. A launch of a power of two of workgroups, as batches and channels make
 * them, shall not count as too small for a GPU that has a few processors more.
 */
export const nearlyAll = ({ profile }: Gpu): number => Math.floor(0.97 * profile.processors);
