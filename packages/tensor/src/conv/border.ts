import type { PaddingMode } from './geometry.ts';

/** WGSL body of `fn border(at : i32, extent : i32) -> i32`: where a coordinate past the edge reads. Zero padding stays outside. */
export const BORDER: Readonly<Record<PaddingMode, string>> = {
  zero: 'return at;',
  replicate: 'return clamp(at, 0, extent - 1);',
  reflect: 'return extent - 1 - abs(extent - 1 - abs(at));',
};
