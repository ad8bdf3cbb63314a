/** @file The networks on a photograph of the goldens; it runs in Node and in a browser. */
import { cropOf, cropPictures, type FaceNetworks, type Picture, type ReplayedNetwork } from '@visage/photos';
import { type BothWays, bothWays, type Results } from './madeUp.ts';

/** A square of a photograph, in pixels. */
export type Square = readonly [x: number, y: number, side: number];

/** Where the networks look in a photograph; the detector looks at all of it. */
export interface Looks {
  /** The faces that the recogniser describes. */
  readonly chips: readonly Square[];
  /** The face whose points the mesh finds, where there is a golden of it. */
  readonly crop?: Square;
}

/** What each network that looked says of a photograph. */
export interface PhotoOutputs {
  readonly detector: BothWays;
  readonly recogniser: BothWays;
  readonly mesh?: BothWays;
}

/** A network on squares of a photograph, which are resized as TensorFlow does it. */
async function onSquares<R extends Results<R>>(
  network: ReplayedNetwork<R>,
  photo: Picture,
  squares: readonly Square[],
): Promise<BothWays> {
  const { size } = network;
  const transforms = squares.map(([x, y, side]) => cropOf(x, y, side, size));
  const pictures = cropPictures(photo, transforms, size, { sampling: 'bilinear', origin: 'index' });
  return bothWays(network, pictures).finally(() => pictures.dispose());
}

/** What the networks say of a photograph. */
export async function outputsOfPhoto(
  networks: FaceNetworks,
  photo: Picture,
  { chips, crop }: Looks,
): Promise<PhotoOutputs> {
  const whole = [[0, 0, Math.max(photo.width, photo.height)]] as const;
  return {
    detector: await onSquares(await networks.detector(), photo, whole),
    recogniser: await onSquares(await networks.recogniser(), photo, chips),
    ...(crop && { mesh: await onSquares(await networks.mesh(), photo, [crop]) }),
  };
}
