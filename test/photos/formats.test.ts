/** @file The table of public formats: each sound file shows what it should, each broken one is one clear error. */
import { FileError } from '@visage/gpu';
import { sharpCodec } from '@visage/photos/node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { brokenFiles } from './files/broken.ts';
import { checkShown } from './files/judge.ts';
import { soundFiles } from './files/sound.ts';

const test = suite('photos: public formats');

for (const file of soundFiles)
  test(file.name, async () => checkShown(file, await sharpCodec.decode(await file.make(), file.name)));

/** The error of a file that must not be decoded, behind the file's name. */
async function problemOf(bytes: Uint8Array, name: string): Promise<string | undefined> {
  try {
    await sharpCodec.decode(bytes, name);
    return undefined;
  } catch (error) {
    assert.instance(error, FileError);
    const { message } = error as FileError;
    assert.ok(message.startsWith(`${name}: `), `does not begin with the file's name: ${message}`);
    assert.not.match(message, '\n');
    return message.slice(name.length + 2);
  }
}

for (const { name, make, says } of brokenFiles) {
  test(name, async () => assert.match((await problemOf(await make(), name)) ?? 'was decoded', says));
}

test('the table has at least sixty files', () => assert.ok(soundFiles.length + brokenFiles.length >= 60));

test('a sound file with a changed byte is a picture or an error that names it', async () => {
  let refused = 0;
  for (const [k, { name, make }] of soundFiles.entries()) {
    const bytes = Uint8Array.from(await make());
    for (let n = 0; n < 6; n++) {
      const changed = bytes.slice();
      const at = (k * 7919 + n * 104_729) % Math.min(changed.length, n % 2 ? 400 : changed.length);
      changed[at] = (changed[at] as number) ^ (1 << ((k + n) % 8));
      if (await problemOf(changed, name)) refused += 1;
    }
  }
  assert.ok(refused > 50, `only ${refused} were refused`);
});

test.run();
