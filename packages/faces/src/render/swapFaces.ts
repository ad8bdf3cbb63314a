/**
 * @file A swap batch on the GPU, for recorded steps: four index tensors that are overwritten, and the images they stand
 * for.
 */
import { checkInteger, checkOptions, currentGpu, type Gpu, type OptionKeys } from '@visage/gpu';
import { keep, type Tensor, tensor } from '@visage/tensor';
import { headsOn } from '../heads/drawing/heads.ts';
import type { HeadCrop } from '../heads/people/levels.ts';
import { isHeadLevel, type Level } from '../sampling/levels.ts';
import type { SwapIndices } from '../sampling/sampler.ts';
import { FACE_BATCH, renderFaces, renderMasks, renderMeanFaces } from './render.ts';

/** How to render the batch. */
export interface SwapFacesOptions {
  readonly batch: number;
  readonly size: number;
  readonly seed?: number;
  readonly level?: Level;
  readonly crop?: HeadCrop;
  readonly samples?: number;
  readonly gpu?: Gpu;
}

// Swaps are exact with the default split of factors alone.
const { identities: _identities, attributes: _attributes, factorSplit: _factorSplit, ...LOOK } = FACE_BATCH;
const OPTIONS: OptionKeys<SwapFacesOptions> = { ...LOOK, batch: true };

/**
 * Renders sources, targets and exact truths of swaps. Call the render methods inside a recorded step and `load` before
 * each run: only the four lists of integers travel to the GPU.
 */
export class SwapFaces {
  readonly options: SwapFacesOptions;
  readonly #lists: Record<keyof SwapIndices, Tensor>;

  constructor(options: SwapFacesOptions) {
    checkOptions('SwapFaces', options, OPTIONS);
    checkInteger('SwapFaces', 'batch', options.batch, 1);
    checkInteger('SwapFaces', 'size', options.size, 16, 1024);
    this.options = options;
    const gpu = options.gpu ?? currentGpu();
    // A recorded step could not put the asset on the device.
    if (options.level && isHeadLevel(options.level)) headsOn('SwapFaces', gpu);
    const list = () => keep(tensor(new Uint32Array(options.batch), [options.batch], { gpu }));
    this.#lists = {
      sourceIdentities: list(),
      sourceAttributes: list(),
      targetIdentities: list(),
      targetAttributes: list(),
    };
  }

  /** Chooses the faces that later renders, and later runs of steps that contain renders, will show. */
  load(indices: SwapIndices): void {
    for (const name of Object.keys(this.#lists) as (keyof SwapIndices)[]) this.#lists[name].write(indices[name]);
  }

  #batch(identities: 'source' | 'target', attributes: 'source' | 'target') {
    const { size, seed, level, crop, samples } = this.options;
    return {
      identities: this.#lists[`${identities}Identities`],
      attributes: this.#lists[`${attributes}Attributes`],
      ...{ size, seed, level, crop, samples },
    };
  }

  /** The faces that give the identity [batch, size, size, 3]. */
  source(): Tensor {
    return renderFaces(this.#batch('source', 'source'));
  }

  /** The faces that are to be changed. */
  target(): Tensor {
    return renderFaces(this.#batch('target', 'target'));
  }

  /**
   * What a perfect swap returns: the source's identity under the target's attributes. A measure, never a training
   * signal.
   */
  truth(): Tensor {
    return renderFaces(this.#batch('source', 'target'));
  }

  /** The best answer that ignores the source: the mean identity under the target's attributes. */
  meanIdentity(): Tensor {
    return renderMeanFaces(this.#batch('source', 'target'));
  }

  /** The inner-face mask that target, swap and truth share [batch, size, size, 1]. */
  mask(): Tensor {
    return renderMasks(this.#batch('target', 'target'));
  }

  /** Frees the index tensors. */
  dispose(): void {
    for (const list of Object.values(this.#lists)) list.dispose();
  }
}
