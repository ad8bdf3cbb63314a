/** An asset that has the names of a head and light of its own, but neither mesh nor textures. */
import type { HeadAsset, HeadPart, TextureLayers } from '../../packages/faces/src/heads/asset/headAsset.ts';
import { rules } from '../../packages/faces/src/heads/people/rules.ts';

/** Macro targets whose files differ from those that were released: an asset lacks them. */
const withheld = ['african-female-old', 'asian-female-young', 'asian-male-old', 'caucasian-female-old'];

const none = (names: readonly string[]): TextureLayers => ({
  ...{ names, height: 0, width: 0, channels: 3 },
  bytes: new Uint8Array(0),
});

/** Irradiance of two environments: bright with a slope from each side, in three colours. */
const irradiance = Float32Array.from({ length: 54 }, (_, k) =>
  k % 27 < 3 ? 0.8 + 0.1 * (k % 3) : 0.25 * Math.sin(1 + 2.3 * k),
);

const styles = (kind: HeadPart['kind'], names: readonly string[]): HeadPart[] =>
  names.map((name) => ({
    ...{ kind, name, refs: new Uint16Array(0), weights: new Float32Array(0), offsets: new Float32Array(0) },
    ...{ vertex: new Uint16Array(0), uv: new Float32Array(0), triangles: new Uint16Array(0) },
  }));

const scans = ['middleage', 'old', 'young'].flatMap((age) =>
  ['darkskinned_female', 'darkskinned_male', 'lightskinned_female', 'lightskinned_male'].flatMap((who) =>
    (who.startsWith('dark') ? [''] : ['', '2']).map((variant) => `${age}_${who}_diffuse${variant}`),
  ),
);

export function namesOnly(): HeadAsset {
  const names = [...new Set(rules.map(({ target }) => target))].filter(
    (name) => !withheld.some((word) => name.endsWith(word)),
  );
  return {
    base: new Float32Array(0),
    targets: {
      names: [...names, 'chin/chin-triangle'].sort(),
      start: new Uint32Array(0),
      index: new Uint16Array(0),
      delta: new Int16Array(0),
    },
    parts: [
      ...styles(
        'brows',
        Array.from({ length: 12 }, (_, k) => `eyebrow${String(k + 1).padStart(3, '0')}`),
      ),
      ...styles('lashes', ['Eyelashes01', 'eyelashes02', 'eyelashes03', 'eyelashes04']),
      ...styles('hair', 'afro01 bob01 bob02 Braid01 long01 ponytail01 short01 short02 short03 short04'.split(' ')),
    ],
    landmarks: new Uint16Array(0),
    occlusion: [],
    growth: new Uint8Array(0),
    textures: {
      skins: none(scans),
      skinWindow: [0, 0, 1, 1],
      hair: none([]),
      brows: none([]),
      lashes: none([]),
      irises: none(
        'blue bluegreen brown brownlight deepblue green grey ice lightblue'.split(' ').map((x) => `${x}_eye`),
      ),
      mouth: none([]),
      environments: none(['first', 'second']),
      irradiance,
    },
  };
}
