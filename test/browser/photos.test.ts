/**
 * @file Photographs in headless Chromium, under WebGPU's default limits: decoded by the browser, read by the networks
 * against the numbers of their own runtimes, swapped, and saved. Skipped where no Chromium is installed, unless
 * VISAGE_BROWSER=required.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { SOURCE_TYPE } from '@visage/photos';
import { copyWeights, readMarks } from '@visage/photos/node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BothWays, Outputs } from '../photos/madeUp.ts';
import { checkPhoto, photoFile, photoGolden } from '../photos/photoGoldens.ts';
import { bundleForBrowser, findChromium, type OpenPage, openPage, runsPages } from './chromium.ts';

const test = suite('photographs in a browser');
const executable = findChromium();
const needsBrowser = runsPages(executable) ? test : test.skip;
const folder = mkdtempSync(join(tmpdir(), 'visage-page-'));
let open: OpenPage | undefined;

/** Calls one of photosPage.ts's checks in the browser. */
function inPage<Name extends keyof typeof visagePhotos>(
  name: Name,
  ...args: Parameters<(typeof visagePhotos)[Name]>
): ReturnType<(typeof visagePhotos)[Name]> {
  if (!open) throw new Error('the page did not open');
  const call = `visagePhotos.${name}(${args.map((value) => JSON.stringify(value)).join(', ')})`;
  return open.page.evaluate(call) as ReturnType<(typeof visagePhotos)[Name]>;
}

/**
 * All three networks have goldens of this photograph. SwiftShader takes half a minute of a processor for each one, so
 * one has to do.
 */
const golden = photoGolden('grace_hopper.jpg');

/** The photograph and the weights, by their paths beside the page. */
async function beside(): Promise<Map<string, string>> {
  const copies = await copyWeights(folder);
  const files = new Map(copies.map((path) => [`/weights/${relative(folder, path).split(sep).join('/')}`, path]));
  return files.set(`/${golden.name}`, await photoFile(golden));
}

needsBrowser('the bundle imports nothing from Node, and the page opens', async () => {
  assert.ok(executable, 'no Chromium found: apt-get install chromium, or name one in VISAGE_CHROMIUM');
  open = await openPage(executable, await bundleForBrowser('test/browser/photosPage.ts'), await beside());
});

type Plain = Awaited<ReturnType<typeof visagePhotos.outputs>>['detector'];
const typed = (lists: Plain['eager']): Outputs =>
  Object.fromEntries(lists.map(([name, values]) => [name, Float32Array.from(values)]));
const typedWays = ({ eager, replayed }: Plain): BothWays => ({ eager: typed(eager), replayed: typed(replayed) });

needsBrowser('boxes, scores, descriptors and points of a face, eagerly and replayed', async () => {
  const { rgb, detector, recogniser, mesh } = await inPage('outputs', golden.name, golden.looks);
  checkPhoto(golden, rgb, {
    detector: typedWays(detector),
    recogniser: typedWays(recogniser),
    ...(mesh && { mesh: typedWays(mesh) }),
  });
});

needsBrowser('an identity generator changes no pixel of a photograph by more than 1/255, up to the file', async () => {
  const { box, chosen, isNew, change, onCanvas, inFile, saved, plain } = await inPage('swap', golden.name);
  const [face] = golden.photo.faces;
  const off = [box.x, box.y, box.width, box.height].map((value, k) => Math.abs(value - (face?.box[k] as number)));
  assert.ok(Math.max(...off) < 1, `the box is off by ${off}`);
  assert.equal([chosen, isNew], [1, true]);
  assert.ok(change <= 1, `${change}`);
  assert.equal({ onCanvas, inFile, type: saved.type }, { onCanvas: 0, inFile: 0, type: 'image/png' });
  assert.is((await readMarks(Uint8Array.from(saved.bytes), 'png')).xmp?.sourceType, SOURCE_TYPE);
  assert.is((await readMarks(Uint8Array.from(plain), 'png')).xmp, undefined);
});

needsBrowser('mistakes of a page are named', async () => {
  const { noWebGpu, noPicture, otherOption, otherFormat, takenCanvas } = await inPage('mistakes');
  assert.match(noWebGpu, /navigator\.gpu is undefined.*https.*localhost/);
  assert.match(noPicture, /^picture: is a text, not a picture$/);
  assert.match(otherOption, /pictureToBlob.*xmp/);
  assert.match(otherFormat, /avif.*expected jpeg, png, webp/);
  assert.match(takenCanvas, /pictureToCanvas: canvas is one with another context/);
});

test.after(async () => {
  await open?.close();
  rmSync(folder, { recursive: true, force: true });
});
test.run();
