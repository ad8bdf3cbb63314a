/**
 * @file Personal axes: signed directions of shape along which people differ, each between two morph targets. The face
 * that a swap transfers has its axes from the identity; those of the head around it (the carrier) are lasting, see
 * factors.ts.
 */
import { factor, type HeadFactor } from './factors.ts';

/** Scales the spread of all personal axes. 1 is natural, at 1.4 faces become caricatures. */
export const personalSpread = 1.2;

/** A direction of shape: x < 0 wears `negative` with weight −x, x > 0 wears `positive` with weight x. */
export interface Axis {
  readonly negative: readonly string[];
  readonly positive: readonly string[];
  readonly row: HeadFactor;
}

/** Deviations of the axes of each group. Larger ones for head and forehead give tall skulls. */
const deviations = {
  head: 0.14,
  forehead: 0.28,
  eyes: 0.34,
  nose: 0.32,
  mouth: 0.3,
  cheek: 0.36,
  chin: 0.32,
  eyebrows: 0.26,
  ears: 0.4,
  neck: 0.3,
} as const;

type Group = keyof typeof deviations;

/** `stem:negative/positive` of each axis; the targets are `group/stem-negative`. A stem with `l-` has a mirror `r-`. */
const stems: Readonly<Record<Group, string>> = {
  head: `head-back-scale-depth:less/more head:round/square head-scale-depth:less/more head-scale-horiz:less/more
    head-scale-vert:less/more`,
  forehead: `forehead-nubian:less/more forehead-scale-vert:less/more forehead-temple:in/out
    forehead-trans-depth:backward/forward`,
  eyes: `l-eye-bag-height:min/max l-eye-bag:in/out l-eye-corner1:down/up l-eye-corner2:down/up l-eye-epicanthus:in/out
    l-eye-eyefold-angle:down/up l-eye-eyefold:concave/convex l-eye-eyefold:down/up l-eye-height1:min/max
    l-eye-height2:min/max l-eye-height3:min/max l-eye-move:down/up l-eye-move:in/out l-eye-push1:in/out
    l-eye-push2:in/out l-eye-size:small/big`,
  nose: `nose-compression:compress/uncompress nose-curve:concave/convex nose-flaring:decr/incr
    nose-greek:lessgreek/moregreek nose-height:min/max nose-hump:lesshump/morehump nose-nostril-width:min/max
    nose-nostrils-angle:down/up nose-point:down/up nose-point-width:less/more nose-scale-depth:decr/incr
    nose-scale-horiz:decr/incr nose-scale-vert:decr/incr nose-septumangle:decr/incr nose-trans-depth:backward/forward
    nose-trans-vert:down/up nose-volume:point/potato nose-width1:min/max nose-width2:min/max nose-width3:min/max`,
  mouth: `mouth-angles:down/up mouth-cupidsbow:decr/incr mouth-cupidsbow-width:min/max mouth-dimples:in/out
    mouth-laugh-lines:in/out mouth-lowerlip-ext:down/up mouth-lowerlip-height:min/max mouth-lowerlip-middle:down/up
    mouth-lowerlip-volume:deflate/inflate mouth-lowerlip-width:min/max mouth-philtrum-volume:decrease/increase
    mouth-scale-depth:decr/incr mouth-scale-horiz:decr/incr mouth-scale-vert:decr/incr mouth-trans:backward/forward
    mouth-trans:down/up mouth-upperlip-ext:down/up mouth-upperlip-height:min/max mouth-upperlip-middle:down/up
    mouth-upperlip-volume:deflate/inflate mouth-upperlip-width:min/max`,
  cheek: `l-cheek-bones:in/out l-cheek-inner:deflate/inflate l-cheek-trans-vert:down/up
    l-cheek-volume:deflate/inflate`,
  chin: `chin-bones:in/out chin-cleft:in/out chin-height:min/max chin-jaw-drop:less/more chin-prognathism:less/more
    chin-prominent:less/more chin-width:min/max`,
  eyebrows: 'eyebrows-angle:down/up eyebrows-trans-depth:less/more eyebrows-trans-vert:less/more',
  ears: `l-ear-flap:in/out l-ear-height:min/max l-ear-lobe:min/max l-ear-rot:backward/forward
    l-ear-shape1:pointed/triangle l-ear-shape2:round/square l-ear-size:small/big l-ear-trans-depth:backward/forward
    l-ear-trans-vert:down/up l-ear-width:min/max l-ear-wing:in/out`,
  neck: `neck-back-scale-depth:less/more neck-double:less/more neck-scale-depth:less/more neck-scale-horiz:less/more
    neck-scale-vert:less/more neck-trans-depth:backward/forward neck-trans-vert:down/up`,
};

/**
 * Means of axes that are not 0: the head of the mesh has lowered lids, and brows that fall towards the nose, which
 * looks angry.
 */
const means: Readonly<Record<string, number>> = {
  'eyebrows-angle': 0.4,
  'eyebrows-trans-vert': 0.25,
  'l-eye-height2': 0.18,
};

/** Axes that change the size or the depth of a whole feature, or bags and folds, look exaggerated sooner. */
const touchy = /scale|trans-depth|nose-trans|mouth-trans|compression|epicanthus|laugh|bag/;

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word.length > 0);

function tied(target: string): string[] {
  return target.includes('/l-') ? [target, target.replace('/l-', '/r-')] : [target];
}

function groupAxes(group: Group, stream: HeadFactor['stream'], spread: number): Axis[] {
  return words(stems[group]).map((word) => {
    const [stem, ends] = word.split(':') as [string, string];
    const [negative, positive] = ends.split('/') as [string, string];
    const deviation = deviations[group] * spread * (touchy.test(`${stem}-${ends}`) ? 0.7 : 1);
    return {
      negative: tied(`${group}/${stem}-${negative}`),
      positive: tied(`${group}/${stem}-${positive}`),
      row: factor(stream, 'normal', means[stem] ?? 0, deviation),
    };
  });
}

/** Head shapes, which some people have more or less of. */
function shapeAxes(stream: HeadFactor['stream'], spread: number): Axis[] {
  return ['diamond', 'rectangular', 'square', 'triangular'].map((name) => ({
    negative: [],
    positive: [`head/head-${name}`],
    row: factor(stream, 'chance', 0, 0.36 * spread, 0.28),
  }));
}

/** One side of the face against the other. */
const asymmetries = ['brown:2', 'cheek:2', 'eye:8', 'jaw:3', 'mouth:2', 'nose:4', 'temple:2', 'top:2'].flatMap(
  (word) => {
    const [name, count] = word.split(':') as [string, string];
    return Array.from({ length: Number(count) }, (_, k) => `asym/asym-${name}-${k + 1}`);
  },
);

const faceGroups: readonly Group[] = ['head', 'forehead', 'eyes', 'nose', 'mouth', 'cheek', 'chin', 'eyebrows'];
const carrierGroups: readonly Group[] = ['head', 'forehead', 'ears', 'neck', 'chin', 'cheek'];

/** The axes of the face that a swap transfers. Append to keep old identities. */
export const faceAxes: readonly Axis[] = [
  ...faceGroups.flatMap((group) => groupAxes(group, 'identity', personalSpread)),
  ...shapeAxes('identity', personalSpread),
  ...asymmetries.map((stem) => ({
    negative: [`${stem}-l`],
    positive: [`${stem}-r`],
    row: factor('identity', 'normal', 0, 0.16 * personalSpread),
  })),
];

/** The axes of the head around the face; smaller, since the face is fitted into it. */
export const carrierAxes: readonly Axis[] = [
  ...carrierGroups.flatMap((group) => groupAxes(group, 'lasting', 0.8 * personalSpread)),
  ...shapeAxes('lasting', 0.8 * personalSpread),
];

/** How many moles a face may have. */
export const moleCount = 8;

/** x, y and radius of each mole; radius 0: none. */
export const moleRows: readonly HeadFactor[] = Array.from({ length: moleCount }, () => [
  factor('identity', 'uniform', -0.55, 0.55),
  factor('identity', 'uniform', 6.3, 8),
  factor('identity', 'chance', 0.009, 0.024, 0.15),
]).flat();
