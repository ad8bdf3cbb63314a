/** Module hook: `import source from './x.wgsl'` gives the text of the file. */
import { readFile } from 'node:fs/promises';

/** Answers for `.wgsl` URLs and passes every other one on. */
export async function load(url, context, nextLoad) {
  const location = new URL(url);
  if (!location.pathname.endsWith('.wgsl')) return nextLoad(url, context);
  location.search = ''; // tsx marks its modules with a query; the file system knows none
  const text = await readFile(location, 'utf8');
  return { format: 'module', shortCircuit: true, source: `export default ${JSON.stringify(text)};\n` };
}
