/**
 * @file Fields of a recipe by dotted path: every one can be set, and what does not fit is refused by its name and
 * range.
 */
import {
  changedRecipe,
  paper,
  parseRecipeField,
  type Recipe,
  readRecipe,
  recipePaths,
  recipeValue,
} from '@visage/simswap';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** Another value than the paper's for every field, as text and as JSON. */
const OTHERS: Readonly<Record<string, readonly [text: string, value: unknown]>> = {
  head: ['linear', 'linear'],
  skips: ['true', true],
  discriminator: ['projected', 'projected'],
  'weights.identity': ['20', 20],
  'weights.reconstruction': ['2.5', 2.5],
  'weights.truth': ['5', 5],
  'weights.featureMatching': ['8', 8],
  'weights.gradientPenalty': ['0', 0],
  featureLayers: ['0,-1', [0, -1]],
  realImages: ['source', 'source'],
  hingeFactor: ['.5', 0.5],
  turns: ['alternate', 'alternate'],
  augmentation: ['color,cutout', ['color', 'cutout']],
  'pictures.flip': ['0.5', 0.5],
  'pictures.color.probability': ['.5', 0.5],
  'pictures.color.strength': ['.2', 0.2],
  'pictures.blur.probability': ['0.3', 0.3],
  'pictures.blur.strength': ['1.5', 1.5],
  'pictures.jpeg.probability': ['0', 0],
  'pictures.jpeg.strength': ['60', 60],
  'generatorOptimizer.learningRate': ['2e-4', 2e-4],
  'generatorOptimizer.beta1': ['0.5', 0.5],
  'generatorOptimizer.beta2': ['0.99', 0.99],
  'generatorOptimizer.epsilon': ['1e-7', 1e-7],
  'discriminatorOptimizer.learningRate': ['1e-4', 1e-4],
  'discriminatorOptimizer.beta1': ['0.5', 0.5],
  'discriminatorOptimizer.beta2': ['0.99', 0.99],
  'discriminatorOptimizer.epsilon': ['1e-7', 1e-7],
  pairs: ['cross,same,cross', ['cross', 'same', 'cross']],
  identityResize: ['nearest', 'nearest'],
  averageDecay: ['0.99', 0.99],
  warmupSteps: ['10', 10],
  decaySteps: ['100', 100],
};

/** Dotted paths of all values of a recipe but its name. */
const leaves = (value: object, before = ''): string[] =>
  Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'object' && !Array.isArray(inner) ? leaves(inner, `${before}${name}.`) : [before + name],
  );

test('every field of a recipe has a path', () => {
  assert.equal(
    [...recipePaths.keys()].sort(),
    leaves(paper)
      .filter((path) => path !== 'name')
      .sort(),
  );
});

test('every field can be set, alone, and survives the JSON of a checkpoint', () => {
  assert.equal(Object.keys(OTHERS).sort(), [...recipePaths.keys()].sort());
  for (const [path, [text, value]] of Object.entries(OTHERS)) {
    assert.equal(parseRecipeField(path, text), value, path);
    const changed = changedRecipe(paper, { [path]: value });
    assert.equal(recipeValue(changed, path), value, path);
    assert.equal(readRecipe(JSON.parse(JSON.stringify(changed))), changed);
    assert.equal(changedRecipe(changed, { [path]: recipeValue(paper, path) }), paper, `${path} alone has changed`);
  }
});

test('words for lists: all maps, no maps', () => {
  assert.is(parseRecipeField('featureLayers', 'all'), 'all');
  assert.equal(parseRecipeField('featureLayers', 'none'), []);
  assert.equal(parseRecipeField('augmentation', 'none'), []);
});

test('an unknown field lists the known ones; a wrong type or range says what is expected', () => {
  for (const path of ['weights.identty', 'name', '__proto__', 'constructor', ''])
    assert.throws(
      () => parseRecipeField(path, '1'),
      /^recipe: field is '.*', expected one of head, .*weights\.identity, .*decaySteps$/,
    );
  assert.throws(() => parseRecipeField('weights', '1'), /field is 'weights', expected one of weights\.identity, /);
  assert.throws(
    () => changedRecipe(paper, { 'pictures.jpeg': 60 }),
    /^recipe: field is 'pictures\.jpeg', expected one of pictures\.jpeg\.probability, pictures\.jpeg\.strength$/,
  );
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['weights.identity', 'much', /recipe\.weights\.identity is "much", expected a number from 0 to 1000000/],
    ['weights.identity', '', /is "", expected a number from 0 to 1000000/],
    ['weights.identity', '-1', /is -1, expected a number from 0 to 1000000/],
    ['weights.identity', '0x10', /is "0x10", expected a number/],
    ['weights.identity', '1e999', /expected a number from 0/],
    ['generatorOptimizer.beta1', '1.5', /is 1\.5, expected a number from 0 to 1/],
    ['turns', 'never', /is "never", expected together or alternate/],
    ['pairs', 'none', /is \[\], expected a list of 1 to 64 of same, cross, shuffled/],
    ['featureLayers', '1.5', /is \[1\.5\], expected 0 to 16 integers from -16 to 16/],
    ['augmentation', 'color,warp', /expected a list of 0 to 3 of color, translation, cutout/],
  ];
  for (const [path, text, says] of refused) assert.throws(() => parseRecipeField(path, text), says, `${path}=${text}`);
  assert.throws(() => changedRecipe(paper, { 'weights.identity': '20' }), /is "20", expected a number/);
  assert.throws(() => changedRecipe(paper, { weights: {} } as Record<string, unknown>), /field is 'weights'/);
});

test('a recipe that is changed stays as it was', () => {
  const before: Recipe = structuredClone(paper) as Recipe;
  changedRecipe(paper, { 'weights.identity': 20, 'generatorOptimizer.learningRate': 1 });
  assert.equal(paper, before);
});

test.run();
