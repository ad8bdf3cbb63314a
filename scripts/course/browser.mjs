/** What runs inside the page of the course. */
import { openGpu, useGpu } from '@visage/gpu';

/** Runs one chapter, `{ engine, load }`; `log` is called with each line that it prints. */
async function runInPage({ engine, load }, log) {
  if (!navigator.gpu) throw new Error('This browser has no WebGPU, or not on this page: it needs https or localhost.');
  const { run } = await load();
  if (!engine) return run(navigator.gpu, log);
  const gpu = useGpu(await openGpu(navigator.gpu, { deterministic: true }));
  try {
    await run(gpu, log);
    await gpu.sync();
  } finally {
    gpu.destroy();
  }
}

/**
 * Connects the page: a button for each chapter, given by name. Tests call `visageCourse.run(name)`, which resolves to
 * the lines that were printed.
 */
export function openCourse(chapters) {
  const out = document.querySelector('pre');
  for (const [name, chapter] of Object.entries(chapters)) {
    const button = Object.assign(document.createElement('button'), { textContent: name });
    button.addEventListener('click', async () => {
      out.textContent = '';
      const log = (text) => out.append(`${text}\n`);
      await runInPage(chapter, log).catch((error) => log(String(error)));
    });
    document.querySelector('nav')?.append(button, ' ');
  }
  globalThis.visageCourse = {
    async run(name) {
      const lines = [];
      await runInPage(chapters[name], (text) => lines.push(text));
      return lines;
    },
  };
}
