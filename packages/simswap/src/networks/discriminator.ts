import { Module } from '@visage/nn';
import type { Tensor } from '@visage/tensor';
import type { ColorSpace } from './colorSpace.ts';

/** The feature maps of a batch at one scale. */
export interface FeatureMaps {
  /** Shallow to deep. */
  readonly features: readonly Tensor[];
}

/** The output of a discriminator for a batch at one scale. */
export interface PatchOutput extends FeatureMaps {
  /** How real each patch looks: [N, h, w, 1], or [N, patches]. */
  readonly logits: Tensor;
}

/**
 * Base of the discriminators, which tell real pictures from swaps: [N, H, W, 3] → one output per scale. Losses and
 * trainer use this interface only.
 */
export abstract class DiscriminatorNetwork extends Module {
  /** The name of its form in recipes. */
  abstract readonly kind: 'patch' | 'projected';
  /** Plain data: it travels in checkpoints. */
  abstract readonly config: object;
  /** The colour space that it must be fed; `undefined` if it takes any, as long as it is always the same. */
  abstract readonly colorSpace: ColorSpace | undefined;

  /** One output per scale, full size first. */
  abstract forward(images: Tensor): PatchOutput[];

  /**
   * The feature maps of {@link DiscriminatorNetwork.forward}, per scale, without the work that only the logits need.
   */
  abstract features(images: Tensor): FeatureMaps[];
}
