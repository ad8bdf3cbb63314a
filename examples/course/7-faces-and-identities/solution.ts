/** @file The solution of chapter 7's exercise. */

/** s · cos(θ + m) for the own class, s · cos θ for the others; past θ = π − m the own logit falls on along a line. */
export function arcFaceLogits(cosines: readonly number[], own: number, scale: number, margin: number): number[] {
  return cosines.map((cosine, k) => {
    if (k !== own) return scale * cosine;
    const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
    if (angle < Math.PI - margin) return scale * Math.cos(angle + margin);
    return scale * (cosine - margin * Math.sin(Math.PI - margin));
  });
}
