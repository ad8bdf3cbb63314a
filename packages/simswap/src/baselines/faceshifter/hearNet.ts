import { checkInteger, checkNumber, checkOptions } from '@visage/gpu';
import { Conv2d, Module } from '@visage/nn';
import { concat, sigmoid, type Tensor } from '@visage/tensor';
import { checkShape } from '@visage/tensor/kernels';
import { doubled, UNet } from './unet.ts';

/** Size of a {@link HearNet}. Plain data. */
export interface HearNetConfig {
  /** Scales every channel count. */
  readonly width: number;
  /** Number of halvings; 5 in the port that trains this stage. */
  readonly levels: number;
}

/** The sizes of the port that trains this stage; the paper gives none. */
export const publishedHearNet: HearNetConfig = { width: 1, levels: 5 };

const STAGES = [64, 128, 256, 512, 512] as const;

/**
 * FaceShifter's second stage, heuristic error acknowledging refinement: what the first stage gets wrong when it swaps a face into itself (hair, hands,
 * glasses in front) says what to put back into its swap.
 *
 * [N, H, W, 3] swaps Ŷ and errors ΔY = target − AEI(target, its own identity) → [N, H, W, 3]. A U-Net on both, state `down`, `up`, `last`.
 * Li et al., FaceShifter, 2019, section 3.2.
 */
export class HearNet extends Module {
  readonly unet: UNet;
  readonly last: Conv2d;

  constructor(readonly config: HearNetConfig = publishedHearNet) {
    super();
    const { width, levels } = config;
    checkOptions('HearNet', config, { width: true, levels: true });
    checkNumber('HearNet', 'width', width, 0);
    checkInteger('HearNet', 'levels', levels, 2, STAGES.length);
    this.unet = new UNet(
      6,
      STAGES.slice(0, levels).map((n) => Math.max(4, Math.floor(n * width))),
    );
    this.child('down', this.unet.down);
    this.child('up', this.unet.up);
    this.last = this.child('last', new Conv2d(this.unet.channels.at(-1)!, 3, 3, { padding: 1 }));
  }

  forward(swap: Tensor, error: Tensor): Tensor {
    checkShape('HearNet', 'swap', swap.shape, [null, null, null, 3], 'Images are NHWC');
    checkShape('HearNet', 'error', error.shape, swap.shape, 'One error per swap');
    const map = this.unet.maps(concat([swap, error], 3)).at(-1)!;
    return sigmoid(this.last.forward(doubled(map)));
  }
}
