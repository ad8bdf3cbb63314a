import { checkInteger, checkOneOf, checkOptions } from '@visage/gpu';
import { Module, xavierNormal } from '@visage/nn';
import { arcMargin, cosMargin, type Tensor } from '@visage/tensor';

/** Scale and margin of a {@link MarginHead}. */
export interface MarginConfig {
  /** `angle` adds the margin to the angle to the own class (ArcFace); `cosine` takes it off the cosine (CosFace). */
  readonly kind: 'angle' | 'cosine';
  /** Factor of the logits. */
  readonly scale: number;
  /** In radians, or in units of the cosine. */
  readonly margin: number;
}

/** ArcFace's numbers (Deng et al. 2019). */
export const arcFaceMargin: MarginConfig = { kind: 'angle', scale: 64, margin: 0.5 };
/** CosFace's numbers, as InsightFace trains large sets with them (Wang et al. 2018). */
export const cosFaceMargin: MarginConfig = { kind: 'cosine', scale: 64, margin: 0.4 };

/**
 * A classifier over the angles between embeddings and class centres, with a margin. State: `weight`, in files [classes,
 * embedding].
 */
export class MarginHead extends Module {
  readonly config: MarginConfig;
  readonly classes: number;
  /** Class centres, [embedding, classes]; their length does not matter. */
  readonly weight: Tensor;

  constructor(classes: number, embedding: number, config: MarginConfig = arcFaceMargin) {
    super();
    checkOptions('MarginHead', config, { kind: true, scale: true, margin: true });
    checkOneOf('MarginHead', 'kind', config.kind, ['angle', 'cosine']);
    for (const [name, value] of Object.entries({ classes, embedding })) checkInteger('MarginHead', name, value, 1);
    this.config = config;
    this.classes = classes;
    this.weight = this.param('weight', xavierNormal([embedding, classes], embedding, classes), 'linear');
  }

  /**
   * Logits [N, classes] of embeddings [N, embedding] of any length, with the margin at `labels`, [N] u32.
   *
   * @param config another margin or scale than the head's own, for a stage of a training.
   */
  forward(embeddings: Tensor, labels: Tensor, config: MarginConfig = this.config): Tensor {
    const { kind, scale, margin } = config;
    const logits = kind === 'angle' ? arcMargin : cosMargin;
    return logits(embeddings, this.weight, labels, { scale, margin });
  }
}
