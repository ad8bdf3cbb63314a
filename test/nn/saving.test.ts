/**
 * @file Writing files: links, pipes and inputs stay what they are, and what goes wrong is named and leaves nothing
 * behind. Needs no device.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkOutput, saveFile } from '@visage/nn/node';
import { suite } from 'uvu';
import { equal, is, match, not, ok } from 'uvu/assert';

const test = suite('saving');
let folder = '';
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'visage-saving-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const bytes = Buffer.from('new');

/** The message of the error that a promise ends in. */
const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: Error) => `${error.name} ${error.message}`,
  );

test('a link stays a link, and what it points to is replaced beside its own place', async () => {
  mkdirSync(at('disk'));
  writeFileSync(at('disk/big'), 'old');
  symlinkSync('disk/big', at('near'));
  symlinkSync('near', at('far'));
  await saveFile(at('far'), bytes);
  is(readlinkSync(at('far')), 'near');
  is(readlinkSync(at('near')), 'disk/big');
  is(readFileSync(at('disk/big'), 'utf8'), 'new');
  equal(readdirSync(folder).sort(), ['disk', 'far', 'near']);
  equal(readdirSync(at('disk')), ['big']);
});

test('a link to a file that is not there makes that file', async () => {
  mkdirSync(at('disk'));
  symlinkSync('disk/later', at('link'));
  await saveFile(at('link'), bytes);
  is(readFileSync(at('disk/later'), 'utf8'), 'new');
  ok(lstatSync(at('link')).isSymbolicLink());
});

test('bytes go into a pipe, also behind a link, as its reader takes them', async () => {
  const long = Buffer.alloc(300_000, 'x'); // several times what a pipe holds
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync('pipe', at('link'));
  for (const name of ['pipe', 'link']) {
    const saving = saveFile(at(name), long); // before there is a reader
    const reader = spawn('cat', [at('pipe')]);
    let read = 0;
    reader.stdout.on('data', (part: Buffer) => {
      read += part.length;
    });
    await Promise.all([saving, once(reader, 'close')]);
    is(read, long.length);
    ok(lstatSync(at('pipe')).isFIFO() && lstatSync(at('link')).isSymbolicLink());
  }
});

test('a process that waits for the reader of a pipe can still end', () => {
  execFileSync('mkfifo', [at('pipe')]);
  const script = `const { saveFile } = await import('@visage/nn/node');
    saveFile(${JSON.stringify(at('pipe'))}, Buffer.from('new'));
    setTimeout(() => process.exit(7), 200);`;
  is(run(script).status, 7);
  ok(lstatSync(at('pipe')).isFIFO());
});

/** Runs a module in a process of its own, started by a shell where `shell` has something to say first. */
function run(script: string, shell = '') {
  const register = fileURLToPath(new URL('../../scripts/register.mjs', import.meta.url));
  writeFileSync(at('script.mjs'), script);
  const command = `${shell} exec "${process.execPath}" --import "${register}" --input-type=module < "${at('script.mjs')}"`;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  return spawnSync('sh', ['-c', command], { cwd: root, encoding: 'utf8', timeout: 60_000 });
}

test('/dev/stdout is the output of this process, whatever that is', () => {
  const script = `const { saveFile } = await import('@visage/nn/node');
    await saveFile('/dev/stdout', Buffer.from('one\\n'));
    console.log('two');
    process.exit();`;
  is(run(script).stdout, 'one\ntwo\n');
  is(run(`${script}`, `exec > "${at('file')}";`).status, 0);
  is(readFileSync(at('file'), 'utf8'), 'one\ntwo\n');
  ok(lstatSync('/dev/stdout').isSymbolicLink());
});

test('a file keeps its mode, and other names of the old one keep the old bytes', async () => {
  writeFileSync(at('secret'), 'old');
  chmodSync(at('secret'), 0o600);
  linkSync(at('secret'), at('copy'));
  await saveFile(at('secret'), bytes);
  is(statSync(at('secret')).mode & 0o777, 0o600);
  is(readFileSync(at('copy'), 'utf8'), 'old');
});

test('files beside it that have the name of a partial download stay', async () => {
  writeFileSync(at('x.part'), 'download');
  writeFileSync(at('x.visage-part'), 'of a killed run');
  await saveFile(at('x'), bytes);
  equal(readdirSync(folder).sort(), ['x', 'x.part']);
  is(readFileSync(at('x.part'), 'utf8'), 'download');
});

test('a link in the place of the partial file is not followed', async () => {
  writeFileSync(at('victim'), 'old');
  symlinkSync('victim', at('x.visage-part'));
  await saveFile(at('x'), bytes);
  is(readFileSync(at('victim'), 'utf8'), 'old');
  is(readFileSync(at('x'), 'utf8'), 'new');
});

test('what cannot be written is named with what to do', async () => {
  mkdirSync(at('folder'));
  writeFileSync(at('file'), 'old');
  symlinkSync('round', at('round'));
  const cases: [string, RegExp][] = [
    ['folder', /folder: cannot be written \(is a folder; name a file in it\)/],
    ['none/file', /none\/file: cannot be written \(ENOENT: there is no folder .*none; make it first\)/],
    ['file/x', /file\/x: cannot be written \(ENOTDIR: .*file is no folder/],
    ['round', /round: cannot be written \(leads through more than 40 links\)/],
    ['x'.repeat(300), /cannot be written \(ENAMETOOLONG: the name is too long/],
  ];
  for (const [name, says] of cases) match(await failure(saveFile(at(name), bytes)), says);
  match(await failure(saveFile(at('none/file'), bytes)), /^FileError /);
  equal(readdirSync(folder).sort(), ['file', 'folder', 'round']);
});

test('a disk that takes only a part of the file leaves the old one and nothing else', () => {
  writeFileSync(at('file'), 'old');
  const script = `const { saveFile } = await import('@visage/nn/node');
    await saveFile(${JSON.stringify(at('file'))}, Buffer.alloc(1e6)).catch((error) => console.log(error.message));
    process.exit();`;
  const { stdout } = run(script, 'ulimit -f 8;');
  match(stdout, /file: cannot be written \(EFBIG: larger than files may be there, 1000000 bytes are needed/);
  equal(readdirSync(folder).sort(), ['file', 'script.mjs']);
  is(readFileSync(at('file'), 'utf8'), 'old');
});

test('read-only folders and files are named, and stay as they are', async () => {
  writeFileSync(at('file'), 'old');
  const administrator = process.geteuid?.() === 0;
  chmodSync(at('file'), 0o444);
  chmodSync(folder, 0o555);
  if (administrator) process.seteuid?.(65534); // whom rights bind
  try {
    match(await failure(saveFile(at('new'), bytes)), /new: cannot be written \(EACCES: no permission; choose another/);
    match(await failure(saveFile(at('file'), bytes)), /file: cannot be written \(EACCES/);
    if (administrator) process.seteuid?.(0);
    chmodSync(folder, 0o777);
    if (administrator) process.seteuid?.(65534);
    match(await failure(saveFile(at('file'), bytes)), /file: cannot be written \(EACCES/); // a rename would be allowed
  } finally {
    if (administrator) process.seteuid?.(0);
  }
  equal([readdirSync(folder), readFileSync(at('file'), 'utf8')], [['file'], 'old']);
});

test('an output that is an input is refused by whatever name, and by its ending where that says something else', async () => {
  writeFileSync(at('in.png'), 'old');
  symlinkSync('in.png', at('link.png'));
  linkSync(at('in.png'), at('hard.png'));
  mkdirSync(at('sub'));
  const inputs = [undefined, at('other.png'), at('in.png')];
  for (const name of ['link.png', 'hard.png', 'sub/../in.png', `../${folder.split('/').at(-1)}/in.png`])
    match(
      await failure(checkOutput(`${folder}/${name}`, { inputs })),
      /png: is not written, since it is the (same|input)/,
    );
  const named = await failure(checkOutput(at('link.png'), { inputs }));
  ok(named.includes(at('link.png')) && named.includes(at('in.png')), named);
  is(await failure(checkOutput(at('out.PNG'), { inputs, endings: ['.png'] })), 'no error');
  match(await failure(checkOutput(at('x.jpg'), { endings: ['.png'] })), /x\.jpg: .*; name it \.png/);
  match(await failure(checkOutput(at('x'), { endings: ['.a', '.b'] })), /name it \.a or \.b/);
  execFileSync('mkfifo', [at('pipe')]);
  is(await failure(checkOutput(at('pipe'), { inputs, endings: ['.png'] })), 'no error');
  match(await failure(checkOutput(at('pipe'), { endings: ['.a', '.b'] })), /name it \.a or \.b/);
  not.ok(readdirSync(folder).includes('out.PNG'));
});

test.run();
