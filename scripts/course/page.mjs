/** The browser page of the course: one HTML file that runs the file of every chapter. */
import { pageStyle } from '@visage/training';
import { build } from 'esbuild';
import { chapters, root } from './chapters.mjs';

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
