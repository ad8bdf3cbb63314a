import { BatchNorm2d, Conv2d, ConvTranspose2d, leaky, ModuleList, Sequential } from '@visage/nn';
import { concat, resize, type Tensor } from '@visage/tensor';

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

/** The U of both FaceShifter networks: halvings down, doublings up, and across each doubled map the halved one of its size. */
export class UNet {
  readonly down: ModuleList<Sequential>;
  readonly up: ModuleList<Sequential>;
  /** Channels of each of {@link UNet.maps}. */
  readonly channels: readonly number[];

  /** @param stages channels after each halving. */
  constructor(inChannels: number, stages: readonly number[]) {
    const deepest = stages.at(-1)!;
    const outer = stages.slice(0, -1).reverse();
    this.channels = [deepest, ...outer.map((c) => 2 * c)];
    this.down = new ModuleList(stages.map((c, k) => down(stages[k - 1] ?? inChannels, c)));
    this.up = new ModuleList(outer.map((c, k) => up(this.channels[k]!, c)));
  }

  /** [N, H, W, C] → the deepest map and each doubling of it, joined with its skip: H / 2ᵏ for k from the number of stages down to 1. */
  maps(x: Tensor): Tensor[] {
    const skips: Tensor[] = [];
    for (const stage of this.down) skips.push(stage.forward(skips.at(-1) ?? x));
    const maps = [skips.pop()!];
    for (const stage of this.up) maps.push(concat([stage.forward(maps.at(-1)!), skips.pop()!], 3));
    return maps;
  }
}
