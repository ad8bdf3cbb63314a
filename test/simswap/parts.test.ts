import {
  CollapseAlarm,
  Generator,
  lossNames,
  ProceduralPairs,
  paper,
  publishedArcFace,
  publishedDiscriminator,
  publishedGenerator,
  quietStep,
  readDiscriminatorConfig,
  readGeneratorConfig,
  readIdentityConfig,
  readRecipe,
  weakFeatureMatchingLoss,
} from '@visage/simswap';
import { noGrad, scope } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { isProbed } from '../../packages/simswap/src/training/collapse.ts';
import { LossGuard } from '../../packages/simswap/src/training/lossGuard.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { hashedTensor } from './hashed.ts';

const { test } = await gpuSuite('simswap parts');

const pairsOf = (identities: number, seed: number, batchSize = 8) =>
  new ProceduralPairs({ batchSize, imageSize: 48, identities, seed });

test('cross pairs never share the identity, same pairs always do', () => {
  for (const identities of [2, 3, 50]) {
    const pairs = pairsOf(identities, 9);
    for (let step = 0; step < 200; step++) {
      const cross = pairs.draw('cross', step);
      const same = pairs.draw('same', step);
      for (const [k, target] of cross.targetIdentities.entries()) assert.is.not(target, cross.sourceIdentities[k]);
      assert.equal(same.targetIdentities, same.sourceIdentities);
      for (const [k, target] of same.targetAttributes.entries()) assert.is.not(target, same.sourceAttributes[k]);
    }
    pairs.dispose();
  }
});

test('pairs depend on seed and step alone', () => {
  const [pairs, again, other] = [pairsOf(20, 3), pairsOf(20, 3), pairsOf(20, 4)];
  assert.equal(pairs.draw('cross', 7), again.draw('cross', 7));
  assert.not.equal(pairs.draw('cross', 7), pairs.draw('cross', 8));
  assert.not.equal(pairs.draw('cross', 7), other.draw('cross', 7));
  for (const each of [pairs, again, other]) each.dispose();
});

test('training people are kept apart from those who judge and those who are held out', () => {
  assert.throws(() => pairsOf(500_001, 0), /identities is 500001, expected from 2 to 500000/);
  assert.throws(() => pairsOf(1, 0), /identities/);
});

test('the alarm goes off once when results stay like their targets, and again after a recovery', () => {
  const alarm = new CollapseAlarm({ change: 0.01, patience: 3 });
  const bad = { change: 0.1, likeTarget: 0.8, likeSource: 0.2 };
  const still = { change: 0.001, likeTarget: 0.1, likeSource: 0.2 };
  const good = { change: 0.1, likeTarget: 0.2, likeSource: 0.8 };
  const raised = [bad, bad, good, bad, bad, bad, bad, good, still, still, still].map((signs, step) =>
    alarm.observe(step, signs),
  );
  assert.equal(
    raised.map((report) => report?.step).filter((step) => step !== undefined),
    [5, 10],
  );
  assert.match(raised[5]!.reason, /target's person/);
  assert.match(raised[10]!.reason, /nothing is swapped/);
});

test('observations that are not finite neither raise the alarm nor count as a recovery', () => {
  const alarm = new CollapseAlarm({ change: 0.01, patience: 3 });
  const bad = { change: 0.1, likeTarget: 0.8, likeSource: 0.2 };
  const nothing = { change: Number.NaN, likeTarget: Number.NaN, likeSource: Number.NaN };
  for (const signs of [nothing, nothing, nothing, bad, { ...bad, change: Infinity }, bad, nothing])
    assert.is(alarm.observe(0, signs), undefined);
  assert.ok(alarm.observe(1, bad));
});

test('what is measured begins at the same place among the looks at a collapse, and behind one', () => {
  for (const cycle of [1, 2, 3])
    for (let step = 0; step < 100; step++) {
      const quiet = quietStep(step, cycle);
      assert.ok(quiet >= step && quiet - step < 20 * cycle);
      assert.is(quiet % cycle, 0);
      assert.ok(isProbed(quiet - 1, cycle));
      for (let k = 0; k < 20 - cycle; k++) assert.not(isProbed(quiet + k, cycle));
    }
  assert.is(quietStep(2, 2), 2);
  assert.is(quietStep(3, 2), 22);
});

test('a loss that is not finite stops at once unless its update was skipped, from the first step on', () => {
  const losses = new Float32Array(lossNames.length);
  losses[lossNames.indexOf('adversarial')] = Number.NaN; // the generator's
  const scaling = (skipped: number) => ({
    generator: { lossScale: 1, skipped },
    discriminator: { lossScale: 1, skipped: 9 },
  });
  const bad = { step: 1, loss: 'adversarial', value: Number.NaN };
  assert.equal(new LossGuard().fatal(1, losses, undefined), bad);
  assert.equal(new LossGuard().fatal(1, losses, scaling(0)), bad);
  assert.is(new LossGuard().fatal(1, losses, scaling(1)), undefined);
  const resumed = { generator: 3, discriminator: 9 };
  assert.equal(new LossGuard(resumed).fatal(1, losses, scaling(3)), bad);
  assert.is(new LossGuard(resumed).fatal(1, losses, scaling(4)), undefined);
  const patient = new LossGuard();
  for (let step = 1; step < 10; step++) assert.is(patient.fatal(step, losses, scaling(step)), undefined);
  assert.equal(patient.fatal(10, losses, scaling(10)), bad);
});

test('configurations survive JSON, and wrong ones are refused by name', () => {
  const again = (value: unknown) => JSON.parse(JSON.stringify(value));
  assert.equal(readRecipe(again(paper)), paper);
  assert.equal(readGeneratorConfig(again(publishedGenerator)), publishedGenerator);
  const { skips: _, ...older } = publishedGenerator;
  assert.equal(readGeneratorConfig(older), publishedGenerator, 'files of before there were skip connections');
  for (const skips of [1, null])
    assert.throws(() => readGeneratorConfig({ ...older, skips }), /generator\.skips.*true or false/);
  assert.equal(readDiscriminatorConfig(again(publishedDiscriminator)), publishedDiscriminator);
  assert.equal(readIdentityConfig(again(publishedArcFace)), publishedArcFace);
  assert.throws(() => readGeneratorConfig({ ...publishedGenerator, width: 1e9 }), /generator\.width.*1000000000/);
  assert.throws(
    () => readGeneratorConfig({ ...publishedGenerator, head: 'sigmoid' }),
    /generator\.head.*tanh or linear/,
  );
  assert.throws(() => readIdentityConfig({ ...publishedArcFace, layers: [1, 2] }), /identity\.layers/);
  assert.throws(() => readRecipe({ ...paper, weights: null }), /recipe\.weights/);
  assert.throws(() => readDiscriminatorConfig('{}'), /discriminator/);
});

test('feature matching counts layers from either end and refuses those that do not exist', () => {
  scope(() => {
    const output = (seed: number) => ({
      features: [0, 1, 2].map((k) => hashedTensor(seed + k, [1, 2, 4, 4])),
      logits: hashedTensor(seed + 9, [1, 1, 2, 2]),
    });
    const [result, target] = [[output(1)], [output(20)]];
    assert.throws(() => weakFeatureMatchingLoss(result, target, [3]), /integer from -3 to 2/);
    assert.throws(() => weakFeatureMatchingLoss(result, target, [0.5]), /0\.5/);
    assert.throws(() => weakFeatureMatchingLoss(result, target, []), /layers is an empty list/);
    noGrad(() => assert.is(weakFeatureMatchingLoss(result, target, [-2, -1]).size, 1));
  });
});

test('state names of the deep and of the half-width layout are the published ones', () => {
  const names = (config: Partial<typeof publishedGenerator>) => {
    const generator = new Generator({ ...publishedGenerator, width: 1 / 32, blocks: 1, latent: 16, ...config });
    const all = [...generator.state().keys()];
    generator.dispose();
    return all;
  };
  const levels = (all: string[]) => [...new Set(all.map((name) => name.split('.')[0]))];
  assert.equal(levels(names({})), [
    'first_layer',
    'down1',
    'down2',
    'down3',
    'BottleNeck',
    'up3',
    'up2',
    'up1',
    'last_layer',
  ]);
  assert.ok(levels(names({ deep: true })).includes('down4') && levels(names({ deep: true })).includes('up4'));
  assert.ok(
    levels(names({ halfWidthStem: true })).includes('down0') && levels(names({ halfWidthStem: true })).includes('up0'),
  );
});

test.run();
