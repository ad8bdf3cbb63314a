/**
 * @file The engine in headless Chromium, under WebGPU's default limits. Skipped where no Chromium is installed, unless
 * VISAGE_BROWSER=required.
 */
import { readFileSync } from 'node:fs';
import { readPth, readSafetensors } from '@visage/nn';
import { SOURCE_TYPE } from '@visage/photos';
import { readMarks } from '@visage/photos/node';
import { exportable, exportOnnx, importedFile, importKinds, importNetwork } from '@visage/simswap';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundleForBrowser, findChromium, type OpenPage, openPage, runsPages } from './chromium.ts';

const test = suite('browser');
const executable = findChromium();
let open: OpenPage | undefined;

/** Calls one of page.ts's checks in the browser. */
function inPage<Name extends keyof typeof visage>(name: Name): ReturnType<(typeof visage)[Name]> {
  if (!open) throw new Error('the page did not open');
  return open.page.evaluate(`visage.${name}()`) as ReturnType<(typeof visage)[Name]>;
}

const needsBrowser = runsPages(executable) ? test : test.skip;

needsBrowser('the bundle imports nothing from Node, and the page opens', async () => {
  assert.ok(executable, 'no Chromium found: apt-get install chromium, or name one in VISAGE_CHROMIUM');
  const script = await bundleForBrowser('test/browser/page.ts');
  open = await openPage(executable, script);
});

needsBrowser("the device has WebGPU's default limits", async () => {
  const { adapter, limits } = await inPage('device');
  assert.is(adapter.software, true, `${adapter.name} is named as a software adapter`);
  assert.equal(limits, { maxStorageBufferBindingSize: 134217728, maxStorageBuffersPerShaderStage: 8 });
});

needsBrowser('a gradient of a gradient', async () => {
  assert.equal(await inPage('secondDerivative'), [6, -12, 18]);
});

needsBrowser('pictures are written with their mark and read again, and a torn one is named', async () => {
  const { files, onWhite, message } = await inPage('pictures');
  for (const { format, bytes, size, error } of files) {
    assert.equal(size, [48, 32]);
    assert.ok(error <= (format === 'png' ? 0 : 14), `${format} is off by ${error}`);
    const marks = await readMarks(Uint8Array.from(bytes), format);
    assert.equal([marks.format, marks.xmp?.sourceType], [format, SOURCE_TYPE]);
  }
  assert.equal(onWhite, [255, 255, 255, 255]);
  assert.match(message, /^torn\.jpg: is a damaged JPEG picture/);
});

needsBrowser("PyTorch's files are read, deflated archives included", async () => {
  assert.equal(await inPage('torchFiles'), [
    [1, 2, 3, 4],
    [0, 0, 0, 0],
  ]);
});

needsBrowser("PyTorch's networks are imported, swap as in PyTorch, and are exported as ONNX", async () => {
  const { error, onnx } = await inPage('torchNetworks');
  assert.ok(error < 1e-5, String(error));
  const file = await readPth(readFileSync('test/nn/fixtures/generator.pth'), 'generator.pth');
  const kind = importKinds.find(({ name }) => name === 'generator-224')!;
  const here = readSafetensors(importedFile(importNetwork(file, kind), 'generator.pth'), 'generator.pth');
  assert.ok(Buffer.from(onnx).equals(exportOnnx(exportable(here))), 'the same bytes as in Node');
});

needsBrowser('three training steps, eager and replayed, are the same bits', async () => {
  const { eager, replayed } = await inPage('threeTrainingSteps');
  assert.is(eager.length, 3);
  assert.ok(eager.flat().every(Number.isFinite), `losses ${eager}`);
  assert.equal(replayed, eager);
});

for (const group of ['operators', 'secondOrder', 'optimizers'] as const) {
  needsBrowser(`golden cases: ${group}`, async () => {
    const reports = await inPage(group);
    const bad = reports.filter((report) => report.status !== 'pass');
    assert.ok(reports.length > 0);
    assert.equal(
      bad.map((report) => `${report.case}: ${report.status} ${report.reason}`),
      [],
    );
  });
}

test.after(() => open?.close());
test.run();
