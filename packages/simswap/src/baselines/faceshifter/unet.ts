import { BatchNorm2d, Conv2d, ConvTranspose2d, leaky, ModuleList, Sequential } from '@visage/nn';
import { concat, resize, type Tensor } from '@visage/tensor';
import { elementOf } from '../../core/lists.ts';

const SLOPE = 0.1;
const rectify = leaky(SLOPE);

/** Convolution 4×4 of stride 2, batch norm, leaky relu: halves height and width. */
const down = (inChannels: number, outChannels: number): Sequential =>
  new Sequential(
    new Conv2d(inChannels, outChannels, 4, { stride: 2, padding: 1 }),
    new BatchNorm2d(outChannels),
    rectify,
  );

/** Transposed convolution 4×4 of stride 2, batch norm, leaky relu: doubles height and width. */
const up = (inChannels: number, outChannels: number): Sequential =>
  new Sequential(
    new ConvTranspose2d(inChannels, outChannels, 4, { stride: 2, padding: 1 }),
    new BatchNorm2d(outChannels),
    rectify,
  );

/** Bilinear enlargement by 2 with corners on corners, as FaceShifter's ports have it. */
export const doubled = (x: Tensor): Tensor => resize(x, [2 * x.dim(1), 2 * x.dim(2)], 'bilinear', true);

/**
 * The U-Net of both FaceShifter networks: a path of halvings, a path of doublings, and skip connections between maps of
 * the same size.
 */
export class UNet {
  readonly down: ModuleList<Sequential>;
  readonly up: ModuleList<Sequential>;
  /** Channels of each of {@link UNet.maps}. */
  readonly channels: readonly number[];

  /** @param stages channels after each halving. */
  constructor(inChannels: number, stages: readonly number[]) {
    const deepest = elementOf(stages, -1, 'UNet: stages');
    const outer = stages.slice(0, -1).reverse();
    this.channels = [deepest, ...outer.map((c) => 2 * c)];
    this.down = new ModuleList(stages.map((c, k) => down(stages[k - 1] ?? inChannels, c)));
    this.up = new ModuleList(outer.map((c, k) => up(elementOf(this.channels, k, 'UNet: channels'), c)));
  }

  /**
   * [N, H, W, C] → the deepest map and each doubling of it, joined with its skip: H / 2ᵏ for k from the number of
   * stages down to 1.
   */
  maps(x: Tensor): Tensor[] {
    const halved: Tensor[] = [];
    let map = x;
    for (const stage of this.down) {
      map = stage.forward(map);
      halved.push(map);
    }
    const maps = [map];
    for (const [k, stage] of this.up.items.entries()) {
      map = concat([stage.forward(map), elementOf(halved, -2 - k, 'UNet: halved maps')], 3);
      maps.push(map);
    }
    return maps;
  }
}
