/**
 * @file A chapter of each kind in headless Chromium: one that opens its device by itself, and the first one with the
 * engine. Skipped where no Chromium is installed, unless VISAGE_BROWSER=required.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chapters } from '../../scripts/course/chapters.mjs';
import { courseScript } from '../../scripts/course/page.mjs';
import { findChromium, openPage, runsPages } from './chromium.ts';

const test = suite('the course in a browser');
const executable = findChromium();
const needsBrowser = runsPages(executable) ? test : test.skip;
const all = chapters();
const shown = [all.find(({ engine }) => !engine), all.find(({ engine }) => engine)].flatMap((chapter) => chapter ?? []);

needsBrowser('the page has every chapter, and runs them', async () => {
  assert.ok(executable, 'no Chromium found: apt-get install chromium, or name one in VISAGE_CHROMIUM');
  const open = await openPage(executable, await courseScript());
  try {
    for (const { name } of shown) {
      const lines = (await open.page.evaluate(`visageCourse.run('${name}')`)) as string[];
      assert.ok(lines.length > 0, name);
      assert.not.match(lines.join('\n'), /\bNaN\b|undefined/, name);
    }
  } finally {
    await open.close();
  }
});

test.run();
