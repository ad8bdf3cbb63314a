/**
 * @file Which folders of a data set are people: what systems, archives and hidden files leave in it is none, and links
 * are followed.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { surveyFaceFolder } from '@visage/faces/node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('who is in a folder');
const root = mkdtempSync(join(tmpdir(), 'visage-survey-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

/** Makes empty files: a survey reads names only. */
function filesIn(set: string, names: readonly string[]): string {
  for (const name of names) {
    mkdirSync(dirname(join(root, set, name)), { recursive: true });
    writeFileSync(join(root, set, name), '');
  }
  return join(root, set);
}

/** The people and their pictures, and what was left out, in plain words. */
async function surveyed(folder: string) {
  const { identities, leftOut } = await surveyFaceFolder(folder);
  return {
    people: Object.fromEntries(
      identities.map(({ name, files }) => [name, files.map((file) => file.slice(folder.length + 1))]),
    ),
    leftOut: Object.fromEntries(leftOut.map(({ name, reason }) => [name, reason])),
  };
}

test('hidden folders, and what systems and archives leave behind, are no people', async () => {
  const nobody = [
    '.git',
    '.thumbnails',
    '.@__thumb',
    '@eaDir',
    '__MACOSX',
    'Thumbs',
    '#recycle',
    '$RECYCLE.BIN',
    'PaxHeaders.7',
  ];
  const folder = filesIn('nobody', ['Ann/1.png', '@bob/1.png', ...nobody.map((name) => `${name}/1.png`)]);
  const { people, leftOut } = await surveyed(folder);
  assert.equal(people, { '@bob': ['@bob/1.png'], Ann: ['Ann/1.png'] });
  assert.equal(Object.keys(leftOut).sort(), nobody.sort());
  assert.is(leftOut['.git'], 'hidden');
  assert.match(leftOut['@eaDir'] ?? '', /left behind by a system or an archive/);
});

test('metadata of macOS beside a picture, hidden pictures and other formats are left out and told', async () => {
  const folder = filesIn('files', [
    'Ann/1.PNG',
    'Ann/._1.png',
    'Ann/.2.png',
    'Ann/3.jpg',
    'Bob/._1.png',
    'loose.png',
    'faces.jsonl',
  ]);
  mkdirSync(join(folder, 'Ann', '4.png'));
  mkdirSync(join(folder, 'Empty'));
  assert.equal(await surveyed(folder), {
    people: { Ann: ['Ann/1.PNG'] },
    leftOut: {
      'Ann/._1.png': 'metadata of macOS',
      'Ann/.2.png': 'hidden',
      'Ann/4.png': 'is no file',
      'Bob/._1.png': 'metadata of macOS',
      Ann: '1 pictures are no PNG files',
      Bob: 'holds no PNG images',
      Empty: 'holds no PNG images',
      'loose.png': 'lies in no identity folder',
    },
  });
});

test('links to people and pictures are followed; a second name of the same one, a loop and a link to nothing are left out', async () => {
  const elsewhere = filesIn('elsewhere', ['Cid/1.png', 'one.png']);
  const folder = filesIn('links', ['Ann/1.png']);
  const link = (to: string, name: string) => symlinkSync(to, join(folder, name));
  link(join(elsewhere, 'Cid'), 'Cid');
  link(join(elsewhere, 'Cid'), 'Cid again');
  link('Ann', 'A link to Ann');
  link('.', 'itself');
  link('..', 'parent');
  link('nowhere', 'broken');
  link('loop', 'loop');
  link(join(elsewhere, 'one.png'), 'Ann/2.png');
  link('1.png', 'Ann/3.png');
  const { people, leftOut } = await surveyed(folder);
  assert.equal(people, { Ann: ['Ann/1.png', 'Ann/2.png'], Cid: ['Cid/1.png'] });
  assert.equal(leftOut, {
    'A link to Ann': 'a link to Ann, which is here already',
    'Ann/3.png': 'a link to 1.png, which is here already',
    broken: 'a link to nothing',
    'Cid again': 'a link to Cid, which is here already',
    itself: 'a link to ., which is here already',
    loop: 'a link to nothing',
    parent: 'a link to .., which is here already',
  });
});

test.run();
