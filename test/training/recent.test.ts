import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Recent } from '../../packages/training/src/data/recent.ts';

const test = suite('recent values');

test('what was asked for last stays, what was unused for longest goes', () => {
  const made: string[] = [];
  const recent = new Recent<string, string>(2);
  const make = (key: string) => {
    made.push(key);
    return key.toUpperCase();
  };
  const ask = (key: string) => recent.get(key, make);
  assert.equal(['a', 'b', 'a', 'c', 'a', 'b'].map(ask), ['A', 'B', 'A', 'C', 'A', 'B']);
  assert.equal(made, ['a', 'b', 'c', 'b'], 'b made room for c');
  assert.is(recent.size, 2);
});

test.run();
