/** @file Solution of chapter 4: x at row r was read by output row r′ with tap row t if r = 2r′ + t − 1. */

export function stridedLoader(): string {
  return `let tap = k / TO;
  let row = i32(m / WIDTH) - dyOf(tap);
  let column = i32(m % WIDTH) - dxOf(tap);
  let meets = row >= 0 && row < i32(HEIGHT) && column >= 0 && column < i32(WIDTH) && row % 2 == 0 && column % 2 == 0;
  if (!meets) { return 0.0; }
  return left[(u32(row) / 2u * (WIDTH / 2u) + u32(column) / 2u) * TO + k % TO];`;
}
