/**
 * @file Activations as WGSL expressions: one text for the ops and for the epilogues of products and norms, so that
 * fused and plain results are the same.
 *
 * They use the types `V` (f32 or vec4f) and `U` (the same of u32).
 */
import { f32Literal } from '@visage/gpu';

/**
 * max(v, 0), and NaN where v is NaN.
 *
 * The bits of the numbers below zero, −∞ among them, are 0x80000001 … 0xff800000, and NaN lies beyond. Compared as
 * integers, because a compiler may assume that there is no NaN and make `max(v, 0)` of a comparison of floats, which is
 * 0 then: a ruined network would look healthy.
 */
export const reluCode = (v: string): string =>
  `select(${v}, V(0.0), (bitcast<U>(${v}) - U(0x80000001u)) <= U(0x7f7fffffu))`;

/**
 * v where v > 0, slope · v elsewhere. With slope 0 a ReLU: v · 0 would be NaN for −∞, and a compiler may take it for 0
 * where v is NaN.
 */
export const leakyReluCode = (v: string, slope: number): string =>
  slope === 0 ? reluCode(v) : `select(${v} * V(${f32Literal(slope)}), ${v}, ${v} > V(0.0))`;

/** tanh v, by the function of kernels/pointwise/tanh.wgsl. */
export const tanhCode = (v: string): string => `tanhOf(${v})`;
