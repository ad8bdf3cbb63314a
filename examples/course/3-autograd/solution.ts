/** @file Solution of chapter 3. */
import { map, mul, offset, scale, type Tensor } from './autograd.ts';

/** 1 / (1 + e^−x), whose derivative is y · (1 − y). */
function sigmoid(x: Tensor): Tensor {
  const y: Tensor = map('1.0 / (1.0 + exp(-a))', [x], (g) => [mul(g, mul(y, offset(scale(y, -1), 1)))]);
  return y;
}

export function softplus(x: Tensor): Tensor {
  return map('max(a, 0.0) + log(1.0 + exp(-abs(a)))', [x], (g) => [mul(g, sigmoid(x))]);
}
