import { median } from '@visage/gpu';
import { samePerson } from '@visage/photos';
import type { Table } from '../report/page.ts';
import { agreementOf, meanCosineOf } from './likeness.ts';
import type { PortraitAnswer, PortraitMeasurement, PortraitSwap } from './portraitSwaps.ts';
import { percent } from './scores.ts';

/** Means over swaps. */
export interface PortraitMeans {
  /** Share of answers nearer to the source than to the target, by dlib's descriptors. */
  readonly nearer: number;
  /** Share of answers to which the source is the nearest of all people, by dlib's descriptors. */
  readonly recognised: number;
  readonly toSource: number;
  readonly toTarget: number;
  readonly landmarks: number;
  readonly pose: number;
  /** Share of answers in which the face mesh sees no face. */
  readonly lost: number;
  /** As `nearer`, by the swapper's own identity network; and its mean cosines. */
  readonly ownNearer: number;
  readonly ownToSource: number;
  readonly ownToTarget: number;
}

/** What the swapper's identity network makes of the photographs themselves. */
export interface OwnIdentity {
  /** Mean cosine between two people; near 1 it takes everybody for one person. */
  readonly meanCosine: number;
  /**
   * Spearman's rank correlation with dlib's distances: 1 if both find the same people alike, 0 if it says nothing.
   * Missing for fewer than three pairs of people, and where all are equally alike.
   */
  readonly agreement?: number;
}

/** All figures of a measurement on photographs. */
export interface PortraitScores {
  readonly swaps: number;
  readonly scores: PortraitMeans;
  /** The same of the answer that needs no swapper: the target as it is. */
  readonly copyTarget: PortraitMeans;
  readonly identity: OwnIdentity;
  /** Swaps of two photographs that dlib takes for one person. */
  readonly alike: number;
  /** Swaps in which a pixel changed that the mask does not reach. */
  readonly leaking: number;
  /** The median time of a swap. */
  readonly milliseconds: number;
}

/** Below this the face mesh says that there is no face any more. */
const LOST = 0.5;

/** Averages the swaps of a measurement. */
export function portraitScores({ swaps }: Pick<PortraitMeasurement, 'swaps'>): PortraitScores {
  return {
    swaps: swaps.length,
    scores: meansOf(swaps),
    copyTarget: meansOf(swaps.map(({ copy }) => copy)),
    identity: ownIdentity(swaps),
    alike: swaps.filter(({ apart }) => apart < samePerson).length,
    leaking: swaps.filter(({ changedOutside }) => changedOutside > 0).length,
    milliseconds: median(swaps.map(({ milliseconds }) => milliseconds)),
  };
}

function meansOf(answers: readonly PortraitAnswer[]): PortraitMeans {
  const mean = (value: (answer: PortraitAnswer) => number): number =>
    answers.reduce((sum, answer) => sum + value(answer), 0) / answers.length;
  const share = (holds: (answer: PortraitAnswer) => boolean): number => mean((answer) => Number(holds(answer)));
  return {
    nearer: share(({ toSource, toTarget }) => toSource < toTarget),
    recognised: share(({ recognised }) => recognised),
    toSource: mean(({ toSource }) => toSource),
    toTarget: mean(({ toTarget }) => toTarget),
    landmarks: mean(({ landmarks }) => landmarks),
    pose: mean(({ pose }) => pose),
    lost: share(({ flag }) => flag < LOST),
    ownNearer: share(({ ownToSource, ownToTarget }) => ownToSource > ownToTarget),
    ownToSource: mean(({ ownToSource }) => ownToSource),
    ownToTarget: mean(({ ownToTarget }) => ownToTarget),
  };
}

/** A copy of the target is as near to the source as the two people are to each other. */
function ownIdentity(swaps: readonly PortraitSwap[]): OwnIdentity {
  const pairs = new Map(
    swaps.map(({ source, target, apart, copy }) => [
      [Math.min(source, target), Math.max(source, target)].join(),
      { apart, cosine: copy.ownToSource },
    ]),
  );
  const [cosines, distances] = [
    [...pairs.values()].map(({ cosine }) => cosine),
    [...pairs.values()].map((p) => p.apart),
  ];
  const ordered = cosines.length > 2 && [cosines, distances].every((list) => new Set(list).size > 1);
  return {
    meanCosine: meanCosineOf(cosines),
    ...(ordered && { agreement: agreementOf(cosines, distances) }),
  };
}

const row = (name: string, means: PortraitMeans): string[] => [
  name,
  percent(means.nearer),
  percent(means.recognised),
  means.toSource.toFixed(3),
  means.toTarget.toFixed(3),
  percent(means.landmarks),
  `${means.pose.toFixed(2)}°`,
  percent(means.lost),
];

const ownRow = (name: string, means: PortraitMeans): string[] => [
  name,
  percent(means.ownNearer),
  means.ownToSource.toFixed(3),
  means.ownToTarget.toFixed(3),
];

/** The tables of a measurement on photographs: what dlib and the face mesh say, then the swapper's identity network. */
export function portraitTables(people: number, figures: PortraitScores): readonly [judged: Table, own: Table] {
  const { swaps, scores, copyTarget, identity, alike, leaking, milliseconds } = figures;
  const exact = leaking === 0 ? 'in all swaps' : `in ${swaps - leaking} of ${swaps} swaps, and NOT in ${leaking}`;
  const same =
    alike === 0 ? '' : ` dlib takes source and target of ${alike} swaps for one person (below ${samePerson}).`;
  const { meanCosine, agreement } = identity;
  const agrees =
    agreement === undefined ? '' : `, and the rank correlation with dlib's distances is ${agreement.toFixed(2)}`;
  return [
    {
      title: 'Photographs, by networks that learned from photographs',
      note: `${swaps} swaps among ${people} photographs.${same} Nearer, recognised and distances: dlib's recognition network, which was trained on photographs and not on swaps; recognised: the source is the nearest of all ${people}, chance ${percent(1 / people)}. Landmarks: mean distance of the face mesh's 468 points from the target's, as a share of the distance between the eyes; pose: length of the difference of yaw, pitch and roll. Lost: the face mesh sees no face. Every pixel that the mask does not reach kept its bits ${exact}. Median time per face ${milliseconds.toFixed(0)} ms.`,
      rows: [
        ['swaps', 'nearer to source', 'recognised', 'to source', 'to target', 'landmarks', 'pose', 'lost'],
        row('this swapper', scores),
        row('copy the target', copyTarget),
      ],
    },
    {
      title: "Photographs, by the swapper's own identity network",
      note: `Cosines of the identity network that the swapper was trained with. Between two people of these photographs its mean cosine is ${meanCosine.toFixed(2)}${agrees}: 1 would be the same order of who looks alike, 0 none.`,
      rows: [
        ['the same swaps', 'nearer to source', 'cosine to source', 'cosine to target'],
        ownRow('this swapper', scores),
        ownRow('copy the target', copyTarget),
      ],
    },
  ];
}
