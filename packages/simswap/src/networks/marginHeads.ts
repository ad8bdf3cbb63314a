import { Module, xavierNormal } from '@visage/nn';
import {
  clamp,
  greater,
  l2Normalize,
  linear,
  mul,
  oneHot,
  sqrt,
  square,
  type Tensor,
  transpose,
  where,
} from '@visage/tensor';

/** Scale and margin of a {@link MarginHead}. */
export interface MarginOptions {
  /** Factor s of the logits. */
  readonly scale: number;
  /** `angle` (ArcFace) adds the margin to the angle to the own class; `cosine` (CosFace) takes it off the cosine. */
  readonly kind: 'angle' | 'cosine';
  /** Margin m, in radians or in units of the cosine. */
  readonly margin: number;
}

/** ArcFace's numbers (Deng et al. 2019). */
export const arcFaceMargin: MarginOptions = { scale: 64, kind: 'angle', margin: 0.5 };
/** CosFace's numbers as InsightFace's large-set configurations have them (Wang et al. 2018). */
export const cosFaceMargin: MarginOptions = { scale: 64, kind: 'cosine', margin: 0.4 };

/**
 * Additive angular margin: s · cos(θ + m) for the own class, s · cos θ for the others, where cos θ is given.
 *
 * Past θ = π − m, where cos(θ + m) would rise again, the straight continuation cos θ − m · sin(π − m) takes over.
 * Shapes [N, classes], `own` a mask of the same shape.
 */
export function additiveAngularMargin(cosine: Tensor, own: Tensor, scale: number, margin: number): Tensor {
  // The floor keeps the slope of √ finite where an embedding meets its class centre.
  const sine = sqrt(clamp(square(cosine).neg().add(1), 1e-9, 1));
  const shifted = cosine.mul(Math.cos(margin)).sub(sine.mul(Math.sin(margin)));
  const straight = cosine.sub(Math.sin(Math.PI - margin) * margin);
  const inside = greater(cosine, Math.cos(Math.PI - margin));
  return mul(where(own, where(inside, shifted, straight), cosine), scale);
}

/** CosFace: s · (cos θ − m) for the own class, s · cos θ for the others. */
export const largeCosineMargin = (cosine: Tensor, own: Tensor, scale: number, margin: number): Tensor =>
  cosine.sub(own.mul(margin)).mul(scale);

/** A classifier over the angle between embeddings and class centres, with a margin. State: `weight`, [classes, embedding]. */
export class MarginHead extends Module {
  readonly weight: Tensor;
  readonly options: MarginOptions;
  readonly classes: number;

  constructor(classes: number, embedding: number, options: MarginOptions = arcFaceMargin) {
    super();
    this.classes = classes;
    this.options = options;
    this.weight = this.param('weight', xavierNormal([classes, embedding], embedding, classes));
  }

  /** Logits [N, classes] of embeddings [N, embedding] (any length), with the margin at `labels` [N] (u32). */
  forward(embeddings: Tensor, labels: Tensor): Tensor {
    const { kind, scale, margin } = this.options;
    const cosine = linear(l2Normalize(embeddings), transpose(l2Normalize(this.weight)));
    const own = oneHot(labels, this.classes);
    return kind === 'angle'
      ? additiveAngularMargin(cosine, own, scale, margin)
      : largeCosineMargin(cosine, own, scale, margin);
  }
}
