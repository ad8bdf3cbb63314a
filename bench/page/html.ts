import { fileURLToPath } from 'node:url';
import { pageStyle } from '@visage/training';
import { build } from 'esbuild';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** The page of the kernel benchmark as one HTML file, script and style inside. */
export async function kernelPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [here('./page.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.wgsl': 'text' },
    tsconfig: here('../../tsconfig.json'), // its `paths` lead @visage/* to the sources
    write: false,
    logLevel: 'error',
  });
  const script = (outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script');
  const field = (name: string, label: string, hint: string) =>
    `<label>${label} <input name="${name}" inputmode="decimal" size="8" placeholder="${hint}"></label>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Visage: kernels in this browser</title>
<style>${pageStyle()}</style>
<h1>Visage: kernels in this browser</h1>
<p>Times every kernel of the generator, the discriminators and the identity network, at every shape that they give it.</p>
<form>${field('size', 'pixels', '224')} ${field('batch', 'batch', '1')} ${field('width', 'width', '1')} ${field('blocks', 'blocks', '9')}
<button>Measure</button></form>
<div id="result"></div>
<script type="module">${script}</script>
</html>
`;
}
