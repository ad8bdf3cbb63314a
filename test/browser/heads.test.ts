/**
 * @file Mesh heads in headless Chromium, under WebGPU's default limits, against the same heads drawn by Dawn in Node.
 * Skipped where no Chromium is installed, unless VISAGE_BROWSER=required.
 */
import { fileURLToPath } from 'node:url';
import { headAssetFiles } from '@visage/faces';
import { loadHeads } from '@visage/faces/node';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { bundleForBrowser, findChromium, openPage, runsPages } from './chromium.ts';
import { drawHeads } from './headsPage.ts';

const { test } = await gpuSuite('mesh heads in a browser');
const executable = findChromium();
const needsBrowser = runsPages(executable) ? test : test.skip;

/** The files of the asset, by their paths beside the page. */
const assets = new Map(
  Object.values(headAssetFiles).map((name) => [
    `/heads/${name}`,
    fileURLToPath(new URL(`../../packages/faces/assets/${name}`, import.meta.url)),
  ]),
);

const differing = (a: readonly number[], b: readonly number[]): number[] => [...a.keys()].filter((k) => a[k] !== b[k]);

needsBrowser(
  'level M1: pictures, masks and classes are those of Node, and a swap stays inside of its mask',
  async () => {
    assert.ok(executable, 'no Chromium found: apt-get install chromium, or name one in VISAGE_CHROMIUM');
    const open = await openPage(executable, await bundleForBrowser('test/browser/headsPage.ts'), assets);
    const inPage = await (open.page.evaluate('visageHeads.draw()') as ReturnType<typeof visageHeads.draw>).finally(
      open.close,
    );
    await loadHeads();
    const here = await drawHeads();
    const pixels = here.masks.length;
    assert.is(inPage.masks.length, pixels);

    const changed = differing(inPage.pictures, inPage.swaps);
    assert.ok(changed.length > 0.1 * 3 * pixels, `${changed.length} values change in a swap`);
    assert.equal(
      changed.filter((k) => inPage.masks[Math.floor(k / 3)] !== 1),
      [],
      'changed outside of the mask',
    );

    // Two adapters round differently, and a pixel on an edge shows the one thing or the other.
    for (const name of ['masks', 'materials'] as const) {
      const edges = differing(here[name], inPage[name]).length;
      assert.ok(edges < 0.01 * pixels, `${name}: ${edges} of ${pixels} pixels differ`);
    }
    for (const name of ['pictures', 'swaps'] as const) {
      const errors = here[name].map((value, k) => Math.abs(value - inPage[name][k]!));
      const mean = errors.reduce((sum, value) => sum + value, 0) / errors.length;
      assert.ok(mean < 0.002, `${name}: the mean error is ${mean}`);
    }
  },
);

test.run();
