/**
 * @file Skin tone: optical density from the share of melanin, and the six classes of the individual typology angle, by
 * which the draw is balanced.
 *
 * ITA = atan2(L* − 50, b*) in degrees: above 55 very light, above 41 light, above 28 intermediate, above 10 tan, above
 * −30 brown, else dark. Chardon, Cretois and Hourseau 1991; Del Bino and Bernerd 2013.
 */

/** Names of the classes, lightest first. */
export const toneNames = ['very light', 'light', 'intermediate', 'tan', 'brown', 'dark'] as const;

const edges = [55, 41, 28, 10, -30] as const;

/** Optical density of skin in red, green and blue; linear albedo = exp(−density). */
export function skinDensity(melanin: number, blood = 0, yellow = 0): [number, number, number] {
  return [
    0.36 + 1.55 * melanin,
    0.82 + 2.05 * melanin + 0.07 * blood,
    1.16 + 2.3 * melanin + 0.05 * blood + 0.12 * yellow,
  ];
}

const curve = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);

/** The individual typology angle of skin in degrees, from its optical density. */
export function typologyAngle(density: ArrayLike<number>): number {
  const [r, g, b] = [0, 1, 2].map((c) => Math.exp(-(density[c] as number))) as [number, number, number];
  const y = curve(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = curve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return (Math.atan2(116 * y - 16 - 50, 200 * (y - z)) * 180) / Math.PI;
}

/** The class of a skin, 0 to 5, from its optical density. */
export function toneClass(density: ArrayLike<number>): number {
  const angle = typologyAngle(density);
  return edges.filter((edge) => angle <= edge).length;
}

/**
 * Melanin near the edges between classes, with the lightest and the darkest skin at the ends. A uniform number is
 * spread over them piece by piece, so that each class gets about a sixth of all heads. The first two edges lie lower
 * than −0.018 and 0.16, where they are without blood and yellow: the narrow lightest class would lose heads to the
 * next.
 */
export const toneKnots = [-0.09, -0.033, 0.157, 0.2857, 0.4334, 0.795, 1.05] as const;

/** The share of melanin of a uniform number in [0, 1). */
export function melaninOf(u: number): number {
  const place = Math.min(Math.max(u, 0) * 6, 5.9999995);
  const k = Math.floor(place);
  const [low, high] = [toneKnots[k] as number, toneKnots[k + 1] as number];
  return low + (high - low) * (place - k);
}
