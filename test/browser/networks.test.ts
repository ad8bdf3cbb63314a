/**
 * @file The networks of photographs in headless Chromium, under WebGPU's default limits, with weights that are served
 * beside the page. Skipped where no Chromium is installed, unless VISAGE_BROWSER=required.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { weightFiles } from '@visage/photos';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Outputs } from '../photos/madeUp.ts';
import { checkOutputs } from '../photos/networkGoldens.ts';
import { bundleForBrowser, findChromium, type OpenPage, openPage, runsPages } from './chromium.ts';

const test = suite('networks of photographs in a browser');
const executable = findChromium();
const needsBrowser = runsPages(executable) ? test : test.skip;
const { resolve } = createRequire(import.meta.url);
let open: OpenPage | undefined;

/** Evaluates an expression in the page. */
function inPage<Value>(expression: string): Promise<Value> {
  if (!open) throw new Error('the page did not open');
  return open.page.evaluate(expression) as Promise<Value>;
}

/** Where a page's build copies the weights from, by their paths beside the page. */
const weights = new Map(
  Object.values(weightFiles).map(({ package: name, path }) => [
    `/weights/${name}/${path}`,
    join(dirname(dirname(resolve(name))), path),
  ]),
);

needsBrowser('the bundle imports nothing from Node, and the page opens', async () => {
  assert.ok(executable, 'no Chromium found: apt-get install chromium, or name one in VISAGE_CHROMIUM');
  open = await openPage(executable, await bundleForBrowser('test/browser/networksPage.ts'), weights);
});

for (const network of ['detector', 'recogniser', 'mesh', 'blazeFace'] as const)
  needsBrowser(`${network}: the outputs of its own runtime, eagerly and replayed`, async () => {
    type Lists = Awaited<ReturnType<typeof visageNetworks.outputs>>;
    const { eager, replayed } = await inPage<Lists>(`visageNetworks.outputs('${network}')`);
    const typed = (lists: Lists['eager']): Outputs =>
      Object.fromEntries(lists.map(([name, values]) => [name, Float32Array.from(values)]));
    checkOutputs(network, { eager: typed(eager), replayed: typed(replayed) });
  });

needsBrowser('weights that are not beside the page are named, with the package that has them', async () => {
  const message = await inPage<string>('visageNetworks.missing()');
  assert.match(message, /^\/elsewhere\/@vladmandic\/human\/models\/facemesh\.(json|bin): answered 404; copy the file/);
});

test.after(() => open?.close());
test.run();
