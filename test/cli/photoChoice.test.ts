import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ChoiceFlags, filesOf, readChoice } from '../../packages/cli/src/photos/choice.ts';

const test = suite('the flags that choose faces');
const source = ['me.jpg'];

test('one person: the largest face, all faces, or faces by number', () => {
  assert.equal(readChoice({ source }), { faces: 'largest', source });
  assert.equal(readChoice({ source, faces: 'all' }), { faces: 'all', source });
  assert.equal(readChoice({ source, face: [2, 0] }), { faces: [2, 0], source });
});

test('somebody in the target is found by one or several photographs', () => {
  const match = ['anna1.jpg', 'anna2.jpg'];
  const choice = readChoice({ source, match, threshold: 0.5 });
  assert.equal(choice, { people: [{ person: match, source }], threshold: 0.5 });
  assert.equal(filesOf(choice), ['anna1.jpg', 'anna2.jpg', 'me.jpg']);
});

test('a map gives everybody a source, or several; the others stay, or get --source', () => {
  const map = ['a.jpg=x.jpg', 'b.jpg=y.jpg', 'a.jpg=z.jpg'];
  const people = [
    { person: ['a.jpg'], source: ['x.jpg', 'z.jpg'] },
    { person: ['b.jpg'], source: ['y.jpg'] },
  ];
  assert.equal(readChoice({ map }), { people, threshold: undefined });
  const all = readChoice({ map, faces: 'all', source });
  assert.equal(all, { people, threshold: undefined, others: source });
  assert.equal(filesOf(all), ['a.jpg', 'x.jpg', 'z.jpg', 'b.jpg', 'y.jpg', 'me.jpg']);
});

test('flags that contradict each other or do nothing are refused', () => {
  const wrong: [ChoiceFlags, RegExp][] = [
    [{}, /--source is missing/],
    [{ source, faces: 'all', face: [1] }, /--faces and --face each say which faces/],
    [{ source, match: ['a'], map: ['a=b'] }, /--match and --map each say/],
    [{ source, threshold: 0.4 }, /--threshold is the largest distance/],
    [{ map: ['a.jpg'] }, /--map a\.jpg: expected PERSON=SOURCE/],
    [{ map: ['a=b=c'] }, /--map a=b=c: expected/],
    [{ map: ['a='] }, /--map a=: expected/],
    [{ map: ['a=b'], faces: 'all' }, /needs --source/],
    [{ map: ['a=b'], source }, /--map names the sources itself/],
    [{ map: ['a=b'], faces: 'largest', source }, /--faces and --map each say/],
  ];
  for (const [flags, says] of wrong) assert.throws(() => readChoice(flags), says);
});

test.run();
