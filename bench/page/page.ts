/**
 * @file The kernel benchmark as a page: what `npm run bench -- page` bundles. It shows the tables and offers the result
 * as a JSON file.
 */
import { openGpu, useGpu } from '@visage/gpu';
import { halfPrecision } from '@visage/tensor';
import { type KernelOptions, type KernelReport, measureKernels } from '../core/kernels.ts';
import { precisionsFor, type Sizes, sizesFor } from '../core/sizes.ts';
import type { BenchResult } from '../report/result.ts';
import { tablesOf } from '../report/tables.ts';

/** Browsers round their GPU timestamps to 0.1 ms, so spans are longer than in Node. */
const SPAN_MS = 5;

type Asked = Partial<Sizes> &
  Pick<Partial<KernelOptions>, 'batches' | 'precisions' | 'networks' | 'rounds' | 'spanMs' | 'onRows'>;

/**
 * Opens a device and measures; sizes and precisions that are not given follow the adapter. Without f16 on it all is
 * f32, whatever is asked for.
 */
async function measure(asked: Asked = {}): Promise<BenchResult<'kernels'>> {
  const gpu = useGpu(await openGpu(navigator.gpu));
  const sizes = { ...sizesFor(gpu), ...asked };
  const { size, width, blocks } = sizes;
  const { precisions = precisionsFor(gpu) } = asked;
  const measured: KernelReport = await measureKernels(gpu, {
    ...{ batches: [1], rounds: 3, spanMs: SPAN_MS },
    ...asked,
    precisions: halfPrecision(gpu) === true ? precisions : ['f32'],
    sizes: { size, width, blocks },
  });
  const { name: adapter, software } = gpu.adapter;
  gpu.destroy();
  return {
    bench: 'kernels',
    ...{ adapter, software, driver: 'told to no page', versions: navigator.userAgent, tuned: 0 },
    when: new Date().toISOString(),
    sizes: { size, width, blocks },
    measured,
  };
}

/** The tables of a result as elements of the page. */
function show(result: BenchResult<'kernels'>, into: HTMLElement): void {
  for (const { title, rows, note } of tablesOf(result)) {
    const heading = Object.assign(document.createElement('h2'), { textContent: title });
    const table = document.createElement('table');
    for (const cells of rows) {
      const row = table.insertRow();
      for (const cell of cells) row.insertCell().textContent = cell;
    }
    into.append(heading, table, Object.assign(document.createElement('p'), { textContent: note ?? '' }));
  }
  const file = new Blob([JSON.stringify(result, null, 1)], { type: 'application/json' });
  const link = { href: URL.createObjectURL(file), download: 'kernels.json', textContent: 'kernels.json' };
  into.prepend(Object.assign(document.createElement('a'), link));
}

/** Connects the form of the page, where there is one. */
function connect(form: HTMLFormElement): void {
  const out = document.getElementById('result') as HTMLElement;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const values = new FormData(form);
    const number = (name: string) => Number(values.get(name)) || undefined;
    const given = Object.fromEntries(['size', 'width', 'blocks'].map((name) => [name, number(name)]));
    const sizes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    out.textContent = 'Measuring …';
    try {
      const onRows: KernelOptions['onRows'] = ([first, ...rest]) => {
        out.textContent = `Measured ${rest.length + 1} kernels of the ${first?.network}, ${first?.precision} …`;
      };
      const result = await measure({ ...sizes, batches: [number('batch') ?? 1], onRows });
      out.replaceChildren();
      show(result, out);
    } catch (error) {
      out.textContent = String(error);
    }
  });
}

const form = document.querySelector('form');
if (form) connect(form);

const bench = { measure };
declare global {
  var visageBench: typeof bench;
}
globalThis.visageBench = bench;
