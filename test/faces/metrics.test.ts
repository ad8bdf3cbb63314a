/** The metrics of a swap against numbers worked out by hand. */
import {
  acceptRateAt,
  equalErrorRate,
  FaceSampler,
  leakRate,
  pixelErrors,
  retrievalTop1,
  swapMargin,
  swapScores,
  trivialScores,
  verification,
} from '@visage/faces';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const near = (got: number, expected: number): void =>
  assert.ok(Math.abs(got - expected) < 1e-5, `${got} is not ${expected}`);
const rows = (...values: number[][]) => ({ values: Float32Array.from(values.flat()), size: values[0]?.length ?? 0 });

test('pixel errors count masked values only', () => {
  // two images of two pixels, three channels; the second pixel of the first image is masked out
  const truth = new Float32Array(12);
  const images = Float32Array.from([0.1, 0.1, 0.1, 1, 1, 1, 0.2, 0, 0, 0, 0, 0]);
  const errors = pixelErrors(images, truth, Float32Array.from([1, 0, 1, 1]), 2);
  near(errors.l1[0] as number, 0.1);
  near(errors.psnr[0] as number, 20);
  near(errors.l1[1] as number, 0.2 / 6);
  near(errors.psnr[1] as number, -10 * Math.log10(0.04 / 6));
  near(errors.meanL1, (0.1 + 0.2 / 6) / 2);
  assert.is(pixelErrors(truth, truth, Float32Array.from([1, 1, 1, 1]), 2).meanPsnr, Number.POSITIVE_INFINITY);
});

test('half a mask weighs half', () => {
  const errors = pixelErrors(Float32Array.from([0.4, 0]), new Float32Array(2), Float32Array.from([0.5, 1]), 1);
  near(errors.meanL1, 0.2 / 1.5);
});

test('pixel errors explain sizes that do not fit', () => {
  assert.throws(
    () => pixelErrors(new Float32Array(6), new Float32Array(5), new Float32Array(2), 1),
    /6, 5 and 2 values/,
  );
});

test('retrieval is by cosine, not by length', () => {
  const gallery = rows([10, 0], [0, 1]);
  near(retrievalTop1(rows([1, 0.9], [0.2, 0.1], [0, 5]), gallery, [0, 1, 1]), 2 / 3);
  assert.throws(() => retrievalTop1(rows([1, 0]), gallery, [0, 1]), /expected is 2 rows, expected 1 rows/);
});

test('equal error rate of separated, of mixed and of reversed pairs', () => {
  near(equalErrorRate(rows([1, 0], [1, 0.1], [0, 1], [0.1, 1]), [0, 0, 1, 1]).rate, 0);
  // cosines: equal labels 1 and 0, different labels 0, 1, 1, 0: at any threshold half of each is wrong
  near(equalErrorRate(rows([1, 0], [1, 0], [1, 0], [0, 1]), [0, 0, 1, 1]).rate, 0.5);
  assert.throws(() => equalErrorRate(rows([1, 0], [0, 1]), [0, 1]), /0 equal pairs, 1 different/);
});

test('true accepts at a rate of false accepts: the threshold lies above the impostor that must stay out', () => {
  // two people; cosines with [1, 0] are the first numbers. Genuine pairs: 1 (person 0), 0.8 · 0.6 + 0.6 · 0.8 (person
  // 1).
  const embeddings = rows([1, 0], [1, 0], [0.8, 0.6], [0.6, 0.8]);
  const people = [0, 0, 1, 1];
  // impostors: 0.8, 0.8, 0.6, 0.6; genuine: 1, 0.96
  const strict = acceptRateAt(embeddings, people, 0.3);
  near(strict.trueAccepts, 1);
  near(strict.falseAccepts, 0); // a tie of two at 0.8: accepting one would accept both
  near(strict.threshold, 0.96);
  near(acceptRateAt(embeddings, people, 0.5).falseAccepts, 0.5);
  const { equalErrorRate: rate, genuinePairs, impostorPairs } = verification(embeddings, people, 0.3);
  near(rate, 0);
  assert.equal([genuinePairs, impostorPairs], [2, 4]);
  // one photo of person 1 looks like person 0
  near(acceptRateAt(rows([1, 0], [1, 0], [1, 0], [0, 1]), people, 0.25).trueAccepts, 0);
  assert.throws(() => acceptRateAt(embeddings, people, 1e-3), /4 of two, expected at least one, and at least 1000/);
  assert.throws(() => acceptRateAt(embeddings, people, 1), /share between 0 and 1/);
});

test('margin and leak of perfect, copied and undecided swaps', () => {
  const [sources, targets] = [rows([1, 0], [0, 1]), rows([0, 1], [1, 0])];
  near(swapMargin(sources, sources, targets), 1);
  near(leakRate(sources, sources, targets), 0);
  near(swapMargin(targets, sources, targets), -1);
  near(leakRate(targets, sources, targets), 1);
  const undecided = rows([1, 1], [1, 1]);
  near(swapMargin(undecided, sources, targets), 0);
  near(leakRate(undecided, sources, targets), 0);
});

test('scores of the truth and of the trivial answers', () => {
  const truths = Float32Array.from([0.5, 0.5]);
  const task = {
    ...{ count: 2, truths, masks: Float32Array.from([1, 1]) },
    ...{
      sources: rows([1, 0], [0, 1]),
      targets: rows([0, 1], [1, 0]),
      gallery: rows([1, 0], [0, 1]),
      sourceRows: [0, 1],
    },
  };
  const perfect = swapScores(task, { images: truths, embeddings: task.sources });
  assert.equal(perfect, { psnr: Number.POSITIVE_INFINITY, l1: 0, top1: 1, margin: 1, leak: 0 });
  const { copyTarget, copySource, meanIdentity } = trivialScores(task, {
    source: Float32Array.from([0.6, 0.6]),
    target: Float32Array.from([0.4, 0.3]),
    meanIdentity: { images: Float32Array.from([0.5, 0.51]), embeddings: rows([1, 1], [1, 1]) },
  });
  near(copyTarget.top1, 0);
  near(copyTarget.leak, 1);
  near(copyTarget.l1, 0.15);
  near(copySource.top1, 1);
  near(copySource.psnr, 20);
  near(meanIdentity.top1, 0.5);
  near(meanIdentity.margin, 0);
});

test('sampled batches keep their promises and repeat by step', () => {
  const sampler = new FaceSampler({ identities: 3, firstIdentity: 100, attributes: 4, firstAttributes: 7, seed: 5 });
  for (let step = 0; step < 40; step++) {
    const cross = sampler.swap(step, 8, false);
    const same = sampler.swap(step, 8, true);
    for (let row = 0; row < 8; row++) {
      assert.is.not(cross.sourceIdentities[row], cross.targetIdentities[row]);
      assert.is(same.sourceIdentities[row], same.targetIdentities[row]);
      assert.is.not(same.sourceAttributes[row], same.targetAttributes[row]);
      assert.ok((cross.sourceIdentities[row] as number) >= 100 && (cross.sourceIdentities[row] as number) < 103);
      assert.ok((cross.targetAttributes[row] as number) >= 7 && (cross.targetAttributes[row] as number) < 11);
    }
    assert.equal(cross, sampler.swap(step, 8, false));
  }
  const { identities, labels } = sampler.labelled(3, 64);
  assert.equal(
    [...identities],
    [...labels].map((label) => label + 100),
  );
  assert.equal([...new Set(labels)].sort(), [0, 1, 2]);
  assert.throws(() => new FaceSampler({ identities: 1 }), /identities is 1, expected an integer of at least 2/);
});

test.run();
