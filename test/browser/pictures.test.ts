/**
 * @file The table of public formats in headless Chromium: what it decodes shows what it should, and what it does not is
 * one clear error. Skipped where no Chromium is installed, unless VISAGE_BROWSER=required.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { picture } from '@visage/photos';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { brokenFiles } from '../photos/files/broken.ts';
import { checkShown } from '../photos/files/judge.ts';
import { soundFiles } from '../photos/files/sound.ts';
import { bundleForBrowser, findChromium, type OpenPage, openPage, runsPages } from './chromium.ts';

const test = suite('public formats in a browser');
const executable = findChromium();
const needsBrowser = runsPages(executable) ? test : test.skip;
const folder = mkdtempSync(join(tmpdir(), 'visage-pictures-'));
let open: OpenPage | undefined;

/** Decodes files in the page. */
function inPage(files: readonly { readonly name: string }[]): ReturnType<typeof visagePictures.decoded> {
  if (!open) throw new Error('the page did not open');
  const call = `visagePictures.decoded(${JSON.stringify(files.map(({ name }) => name))})`;
  return open.page.evaluate(call) as ReturnType<typeof visagePictures.decoded>;
}

/** Chromium has no decoder of TIFF; Safari has. */
const isTiff = ({ name }: { readonly name: string }): boolean => /\.tif(-|$)/.test(name);

/** A canvas multiplies colours by their alpha, rounds, and divides again. */
const premultiplied = (alpha: number): number => (alpha === 255 ? 0 : Math.ceil(127.5 / alpha));

/** Chromium knows no inks: CMYK without a profile is what the four numbers multiply to. */
const INKS = { 'cmyk.jpg': 32 } as Readonly<Record<string, number>>;

/** Chromium does not say that a picture is too large for it. */
const UNREADABLE = /^is a damaged (JPEG|PNG) picture, or of a kind that this browser cannot read/;

/** A turned WebP file, each time with a bit of another byte of its headers or its EXIF data changed. */
async function changedFiles(): Promise<{ readonly name: string; readonly bytes: Uint8Array }[]> {
  const turned = soundFiles.find(({ name }) => name === 'camera.webp-turned-6') as (typeof soundFiles)[number];
  const bytes = await turned.make();
  const exif = Buffer.from(bytes).indexOf('EXIF', 0, 'latin1');
  assert.ok(exif > 0);
  const places = [...Array.from({ length: 32 }, (_, k) => k), ...Array.from(bytes.slice(exif), (_, k) => exif + k)];
  return places.map((at) => {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] as number) ^ (1 << ((5 * at) % 8));
    return { name: `changed-${at}.webp`, bytes: changed };
  });
}
const changed = await changedFiles();

needsBrowser('the bundle imports nothing from Node, and the page opens', async () => {
  assert.ok(executable, 'no Chromium found: apt-get install chromium, or name one in VISAGE_CHROMIUM');
  for (const { name, make } of [...soundFiles, ...brokenFiles]) writeFileSync(join(folder, name), await make());
  for (const { name, bytes } of changed) writeFileSync(join(folder, name), bytes);
  const beside = new Map(
    [...soundFiles, ...brokenFiles, ...changed].map(({ name }) => [`/${name}`, join(folder, name)]),
  );
  open = await openPage(executable, await bundleForBrowser('test/browser/picturesPage.ts'), beside);
});

needsBrowser('sound files show what they should: turned by EXIF, in sRGB, with their alpha', async () => {
  const files = soundFiles.filter((file) => !isTiff(file));
  const wrong: string[] = [];
  for (const [k, result] of (await inPage(files)).entries()) {
    const file = files[k] as (typeof files)[number];
    try {
      assert.not('message' in result, `${'message' in result && result.message}`);
      const { width, height, data } = result as Exclude<typeof result, { message: string }>;
      const admitted = { ...file, within: INKS[file.name] ?? file.within };
      checkShown(admitted, picture(width, height, Uint8Array.from(data)), premultiplied);
    } catch (error) {
      wrong.push(`${file.name}: ${(error as Error).message}`);
    }
  }
  assert.ok(files.length > 70, `${files.length} files`);
  assert.equal(wrong, []);
});

needsBrowser('broken files, and TIFF, are one error each, which names the file', async () => {
  const broken = brokenFiles.map(({ name, says }) => ({ name, says: name.startsWith('huge-') ? UNREADABLE : says }));
  const tiff = soundFiles.filter(isTiff).map(({ name }) => ({ name, says: /TIFF picture, or of a kind that this/ }));
  const files = [...broken, ...tiff];
  const wrong = (await inPage(files)).flatMap((result, k) => {
    const { name, says } = files[k] as (typeof files)[number];
    if (!('message' in result)) return `${name}: was decoded`;
    const { error, message } = result;
    const named = error === 'FileError' && message.startsWith(`${name}: `) && !message.includes('\n');
    return named && says.test(message.slice(name.length + 2)) ? [] : `${name}: ${error}: ${message}`;
  });
  assert.ok(files.length > 70, `${files.length} files`);
  assert.equal(wrong, []);
});

needsBrowser('a turned WebP file with a changed bit is a picture or an error that names it', async () => {
  const results = await inPage(changed);
  const sides = results.flatMap((result) => ('message' in result ? [] : Math.max(result.width, result.height)));
  assert.ok(changed.length > 100 && sides.length > 50 && sides.length < changed.length, `${sides.length} pictures`);
  for (const [k, result] of results.entries())
    if ('message' in result) assert.match(result.message, new RegExp(`^${changed[k]?.name}: is `));
});

test.after(async () => {
  await open?.close();
  rmSync(folder, { recursive: true, force: true });
});
test.run();
