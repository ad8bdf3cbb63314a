import {
  CollapseAlarm,
  drawPairs,
  Generator,
  paper,
  publishedArcFace,
  publishedDiscriminator,
  publishedGenerator,
  readDiscriminatorConfig,
  readGeneratorConfig,
  readIdentityConfig,
  readRecipe,
  weakFeatureMatchingLoss,
} from '@visage/simswap';
import { noGrad, scope } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { hashedTensor } from './golden.ts';

const { test } = await gpuSuite('simswap parts');

test('cross pairs never share the identity, same pairs always do', () => {
  for (const identities of [2, 3, 50]) {
    for (let step = 0; step < 200; step++) {
      const cross = drawPairs('cross', step, 16, identities, 9);
      const same = drawPairs('same', step, 16, identities, 9);
      cross.targetIdentities.forEach((target, k) => {
        assert.is.not(target, cross.sourceIdentities[k]);
        assert.ok(cross.sourceIdentities[k]! < identities);
      });
      assert.equal(same.targetIdentities, same.sourceIdentities);
      assert.not.equal(same.targetAttributes, same.sourceAttributes);
    }
  }
});

test('pairs depend on seed and step alone, and every other person can be the source', () => {
  assert.equal(drawPairs('cross', 7, 8, 20, 3), drawPairs('cross', 7, 8, 20, 3));
  assert.not.equal(drawPairs('cross', 7, 8, 20, 3), drawPairs('cross', 8, 8, 20, 3));
  assert.not.equal(drawPairs('cross', 7, 8, 20, 3), drawPairs('cross', 7, 8, 20, 4));
  const seen = new Set<number>();
  for (let step = 0; step < 300; step++) {
    const { targetIdentities, sourceIdentities } = drawPairs('cross', step, 4, 5, 1);
    targetIdentities.forEach((target, k) => void (target === 0 && seen.add(sourceIdentities[k]!)));
  }
  assert.equal([...seen].sort(), [1, 2, 3, 4]);
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

test('configurations survive JSON, and wrong ones are refused by name', () => {
  const again = (value: unknown) => JSON.parse(JSON.stringify(value));
  assert.equal(readRecipe(again(paper)), paper);
  assert.equal(readGeneratorConfig(again(publishedGenerator)), publishedGenerator);
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
