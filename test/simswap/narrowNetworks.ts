/** @file Networks of the published forms at sizes that take no time, and weight files of them. */

import { hashed } from '@visage/conformance';
import { type Module, readSafetensors, type SafetensorsFile, saveModule, seeded } from '@visage/nn';
import { type IdentityConfig, publishedArcFace, publishedGenerator, publishedIResNet } from '@visage/simswap';

export const narrowArcFace: IdentityConfig = {
  ...publishedArcFace,
  layers: [1, 2, 1, 1],
  width: 1 / 32,
  embedding: 16,
};
export const narrowIResNet: IdentityConfig = { ...publishedIResNet(18), width: 1 / 32, embedding: 16 };
export const narrow = { ...publishedGenerator, width: 1 / 64, blocks: 2, latent: 16 };

/** A weight file of a new network whose norms are not the identity, and whose skip connections are not zero. */
export async function fileOf(architecture: string, config: object, build: () => Module): Promise<SafetensorsFile> {
  const module = seeded(3, build);
  for (const [name, { tensor: values }] of module.state()) {
    if (values.rank > 1 && !name.startsWith('skip')) continue;
    const offset = /running_var$/.test(name) ? 0.75 : /weight$/.test(name) ? 0.5 : -0.5;
    values.write(hashed(name.length, values.size).map((x) => x + offset));
  }
  const bytes = await saveModule(module, { architecture, config });
  module.dispose();
  return readSafetensors(bytes);
}
