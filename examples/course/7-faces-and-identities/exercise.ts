/**
 * @file Exercise of chapter 7.
 *
 * Write ArcFace's logits for one face, in plain TypeScript. Given are the cosines of the angles between a face and the
 * centre of every class, the face's own class, the scale s and the margin m, an angle in radians. The logit of another
 * class is s · cos θ, that of the own class s · cos(θ + m).
 *
 * Beyond θ = π − m the cosine of θ + m would rise again, and a face would be rewarded for lying on the far side. There
 * the own logit is s · (cos θ − m · sin(π − m)) instead, which goes on falling. A cosine may exceed 1 by a rounding
 * error, and then no angle has it.
 *
 *     npm run course -- 7 --exercise
 */

/** The logits of all classes. */
export function arcFaceLogits(_cosines: readonly number[], _own: number, _scale: number, _margin: number): number[] {
  throw new Error('write arcFaceLogits(cosines, own, scale, margin)');
}
