/** The browser page of the course: one HTML file that runs the file of every chapter. */
import { readFile } from 'node:fs/promises';
import { pageStyle } from '@visage/training';
import { build } from 'esbuild';
import { chapters, root } from './chapters.mjs';

/**
 * Puts the weights of chapter 8's identity network into the page, which is a single file: their URL becomes one that
 * holds their bytes.
 */
const weightsInside = {
  name: 'weights inside',
  setup: ({ onLoad }) =>
    onLoad({ filter: /packages[\\/]weights[\\/]src[\\/]index\.ts$/ }, async ({ path }) => {
      const file = 'identity/identity.safetensors';
      const bytes = await readFile(`${root}packages/weights/src/${file}`, 'base64');
      const url = `new URL('data:application/octet-stream;base64,${bytes}')`;
      const contents = (await readFile(path, 'utf8')).replace(`new URL('./${file}', import.meta.url)`, url);
      if (!contents.includes(url)) throw new Error(`course: ${path} has no URL of ${file} to replace`);
      return { contents, loader: 'ts' };
    }),
};

/** The script of the page, bundled; `minify` for people, not for tests. */
export async function courseScript({ minify = false } = {}) {
  const mains = chapters().map(
    ({ name, engine }) =>
      `${JSON.stringify(name)}: { engine: ${engine}, load: () => import('./examples/course/${name}/main.ts') }`,
  );
  const contents = `import { openCourse } from './scripts/course/browser.mjs';\nopenCourse({ ${mains.join(', ')} });\n`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, sourcefile: 'course.js' },
    bundle: true,
    minify,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.wgsl': 'text' },
    plugins: [weightsInside],
    tsconfig: `${root}tsconfig.json`, // its `paths` lead @visage/* to the sources
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

/** The page, script and style inside. */
export async function coursePage() {
  const script = (await courseScript({ minify: true })).replaceAll('</script', '<\\/script');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Visage: the course</title>
<style>${pageStyle()} pre { white-space: pre-wrap; }</style>
<h1>The course, in this browser</h1>
<p>Each button runs the file of a chapter on the GPU of this browser. The pages of the chapters lie in docs/course.</p>
<nav></nav>
<pre></pre>
<script type="module">${script}</script>
</html>
`;
}
