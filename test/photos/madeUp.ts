/** @file Networks eagerly and replayed, and the made-up picture of the goldens; it runs in Node and in a browser. */
import type { FaceNetworks, ReplayedNetwork } from '@visage/photos';
import { type Tensor, tensor } from '@visage/tensor';

/** The picture of the goldens: (7h + 3w + 50c + ((h·w) >> 4)) mod 256. */
export function madeUp(size: number): Tensor {
  const data = new Float32Array(size * size * 3);
  for (let at = 0; at < data.length; at++) {
    const [h, w, c] = [Math.floor(at / 3 / size), Math.floor(at / 3) % size, at % 3];
    data[at] = ((7 * h + 3 * w + 50 * c + ((h * w) >> 4)) & 255) / 255;
  }
  return tensor(data, [1, size, size, 3]);
}

/** Outputs of a network by name. */
export type Outputs = Readonly<Record<string, Float32Array>>;

/** What a network says of pictures: eagerly, and in the replay of its recording on a copy of them. */
export interface BothWays {
  readonly eager: Outputs;
  readonly replayed: Outputs;
}

async function read(results: Readonly<Record<string, Tensor>>): Promise<Outputs> {
  const floats = Object.entries(results).map(async ([name, values]) => [name, await values.floats()] as const);
  return Object.fromEntries(await Promise.all(floats));
}

/** Tensors by name. */
export type Results<R> = { readonly [K in keyof R]: Tensor };

/** Runs a network on pictures in both ways. The made-up picture is the default. */
export async function bothWays<R extends Results<R>>(
  replayed: ReplayedNetwork<R>,
  pictures = madeUp(replayed.size),
): Promise<BothWays> {
  const { network } = replayed;
  return {
    eager: await read({ ...network.inference(() => network.forward(pictures)) }),
    replayed: await read({ ...replayed.run(pictures) }),
  };
}

/** Runs the networks on the made-up picture, each by its name in {@link FaceNetworks}. */
export const outputsOf = {
  detector: async (networks: FaceNetworks) => bothWays(await networks.detector()),
  recogniser: async (networks: FaceNetworks) => bothWays(await networks.recogniser()),
  mesh: async (networks: FaceNetworks) => bothWays(await networks.mesh()),
  blazeFace: async (networks: FaceNetworks) => bothWays(await networks.blazeFace()),
} as const;
