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
 * The comparison is one of integers. A compiler may assume that floats are never NaN and replace a comparison of floats
 * by `max(v, 0)`, which is 0 for NaN, so that a ruined network would look healthy. Numbers below zero, −∞ among them,
 * have the bits 0x80000001 … 0xff800000, and negative NaN lies beyond.
 */
export const reluCode = (v: string): string =>
  `select(${v}, V(0.0), (bitcast<U>(${v}) - U(0x80000001u)) <= U(0x7f7fffffu))`;

/**
 * v where v > 0, slope · v elsewhere. With slope 0 it is a ReLU, because v · 0 would be NaN for −∞, and a compiler may
 * replace it by 0 where v is NaN.
 */
export const leakyReluCode = (v: string, slope: number): string =>
  slope === 0 ? reluCode(v) : `select(${v} * V(${f32Literal(slope)}), ${v}, ${v} > V(0.0))`;

/**
 * min(max(v, 0), 6), and NaN where v is NaN. The comparison is one of integers as in {@link reluCode}: numbers from 6
 * to +∞ have the bits 0x40c00000 … 0x7f800000, and positive NaN lies beyond.
 */
export const relu6Code = (v: string): string =>
  `select(${reluCode(v)}, V(6.0), (bitcast<U>(${v}) - U(0x40c00000u)) <= U(0x3ec00000u))`;

/** tanh v, by the function of kernels/pointwise/tanh.wgsl. */
export const tanhCode = (v: string): string => `tanhOf(${v})`;
