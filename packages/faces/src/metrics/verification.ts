/** @file Whether two photos show one person: verification at a chosen rate of false accepts. */
import { ArgumentError } from '@visage/gpu';
import { dot, type Embeddings, equalErrorRate, normalised } from './embeddings.ts';

/** Verification at one threshold. */
export interface AcceptRate {
  /** Share of pairs of one person that are accepted. */
  readonly trueAccepts: number;
  /** Share of pairs of two people that are accepted: at most what was asked for. */
  readonly falseAccepts: number;
  /** Pairs are accepted whose cosine is at least this. */
  readonly threshold: number;
}

/** The result of a verification. */
export interface Verification {
  readonly equalErrorRate: number;
  readonly atFalseAcceptRate: AcceptRate;
  /** Pairs of one person, and of two. */
  readonly genuinePairs: number;
  readonly impostorPairs: number;
}

/**
 * True accept rate at a false accept rate, TAR @ FAR, over all pairs of rows:
 *
 *   t = the least threshold with share of impostor pairs with cos >= t at most FAR
 *   TAR = share of genuine pairs with cos >= t
 *
 * @param labels the person of each row
 * @param falseAcceptRate FAR, for instance 1e-3
 * @throws ArgumentError when there is no pair of one person, or fewer than 1 / FAR pairs of two: their share could not
 * be told from 0
 */
export function acceptRateAt(embeddings: Embeddings, labels: ArrayLike<number>, falseAcceptRate: number): AcceptRate {
  const { genuine, impostor } = pairCosines(embeddings, labels);
  if (!(falseAcceptRate > 0 && falseAcceptRate < 1))
    throw new ArgumentError('acceptRateAt', 'falseAcceptRate', String(falseAcceptRate), 'a share between 0 and 1');
  if (genuine.length === 0 || impostor.length * falseAcceptRate < 1) {
    throw new ArgumentError(
      'acceptRateAt',
      'labels',
      `${genuine.length} pairs of one person, ${impostor.length} of two`,
      `at least one, and at least ${Math.ceil(1 / falseAcceptRate)} for a false accept rate of ${falseAcceptRate}`,
      'More people, or more photos of each',
    );
  }
  const allowed = Math.floor(impostor.length * falseAcceptRate);
  // The first impostor that must stay out; the threshold is the next number above it, which no tie can cross.
  const bound = impostor.sort()[impostor.length - 1 - allowed] as number;
  const accepted = (cosines: Float64Array) => cosines.filter((cosine) => cosine > bound);
  const inside = [...accepted(genuine), ...accepted(impostor)];
  return {
    trueAccepts: accepted(genuine).length / genuine.length,
    falseAccepts: accepted(impostor).length / impostor.length,
    threshold: inside.length > 0 ? inside.reduce((a, b) => Math.min(a, b)) : Number.POSITIVE_INFINITY,
  };
}

/** Equal error rate and TAR @ FAR of the same pairs. */
export function verification(embeddings: Embeddings, labels: ArrayLike<number>, falseAcceptRate: number): Verification {
  const { genuine, impostor } = pairCosines(embeddings, labels);
  return {
    equalErrorRate: equalErrorRate(embeddings, labels).rate,
    atFalseAcceptRate: acceptRateAt(embeddings, labels, falseAcceptRate),
    genuinePairs: genuine.length,
    impostorPairs: impostor.length,
  };
}

/** Cosines of all pairs of rows, by whether their labels agree. */
function pairCosines(embeddings: Embeddings, labels: ArrayLike<number>) {
  const rows = normalised('verification', embeddings);
  if (labels.length !== rows.length)
    throw new ArgumentError('verification', 'labels', `${labels.length} rows`, `${rows.length} rows`);
  const genuine: number[] = [];
  const impostor: number[] = [];
  rows.forEach((row, n) => {
    for (let k = 0; k < n; k++) {
      (labels[n] === labels[k] ? genuine : impostor).push(dot(row, rows[k] as Float32Array));
    }
  });
  return { genuine: Float64Array.from(genuine), impostor: Float64Array.from(impostor) };
}
