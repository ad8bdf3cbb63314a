/**
 * @file The networks under test. Drawing their hundred million initial weights takes seconds, so each is made once and
 * shared by all measurements.
 */
import { type Module, seeded } from '@visage/nn';
import {
  ArcFace,
  Discriminator,
  Generator,
  publishedArcFace,
  publishedDiscriminator,
  publishedGenerator,
} from '@visage/simswap';
import type { Sizes } from './sizes.ts';

const made = new Map<string, Module>();

function shared<M extends Module>(key: string, build: () => M): M {
  const known = made.get(key) as M | undefined;
  if (known) return known;
  const network = build();
  made.set(key, network);
  return network;
}

export const generatorOf = ({ width, blocks }: Sizes): Generator =>
  shared(`generator ${width} ${blocks}`, () =>
    seeded(2, () => new Generator({ ...publishedGenerator, width, blocks })),
  );

export const discriminatorOf = ({ width }: Sizes): Discriminator =>
  shared(`discriminator ${width}`, () => seeded(3, () => new Discriminator({ ...publishedDiscriminator, width })));

/** Frozen, in evaluation mode. */
export const identityOf = ({ width }: Sizes): ArcFace =>
  shared(`identity ${width}`, () => seeded(1, () => new ArcFace({ ...publishedArcFace, width })))
    .freeze()
    .eval();

/** Gives the memory of all networks back. */
export function disposeModels(): void {
  for (const network of made.values()) network.dispose();
  made.clear();
}
