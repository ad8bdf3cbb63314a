import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A diagram of one or more curves over the training steps, or over another quantity. */
export interface Chart {
  readonly title: string;
  /** What the horizontal axis counts; `step` by default. */
  readonly along?: string;
  /** In ascending order. */
  readonly steps: readonly number[];
  /** One value per step; `null` where there is none. */
  readonly curves: Readonly<Record<string, readonly (number | null)[]>>;
  readonly logarithmic?: boolean;
  /** Draws unconnected dots over a logarithmic horizontal axis, for measurements of different things. */
  readonly scattered?: boolean;
}

/** A table; the first row is the head. */
export interface Table {
  readonly title: string;
  readonly note?: string;
  readonly rows: readonly (readonly string[])[];
}

/** A PNG picture with its title. */
export interface Picture {
  readonly title: string;
  readonly png: Uint8Array;
}

/** The content of a report. */
export interface Report {
  readonly title: string;
  /** Name and value pairs: adapter, preset, speed, … */
  readonly facts: readonly (readonly [string, string])[];
  readonly tables: readonly Table[];
  readonly pictures: readonly Picture[];
  /** Pictures of the same faces in the course of training; the page shows one at a time, chosen by a slider. */
  readonly timeline: readonly Picture[];
  /** Pictures that are always shown next to the timeline, for comparison. */
  readonly besideTimeline: readonly Picture[];
  readonly charts: readonly Chart[];
}

/** The CSS of all pages. */
export const pageStyle = (): string => readFileSync(new URL('./page.css', import.meta.url), 'utf8');

/** Writes a report as one HTML page that needs no other file: script, style and pictures are inside. */
export function reportPage(report: Report): string {
  const { title, facts, tables, pictures, timeline, besideTimeline, charts } = report;
  const plotter = (file: string) => readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${file}`), 'utf8');
  const script = readFileSync(new URL('./page.client.js', import.meta.url), 'utf8');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${inHtml(title)}</title>
<style>${plotter('uPlot.min.css')}${pageStyle()}</style>
<h1>${inHtml(title)}</h1>
<dl>${facts.map(([name, value]) => `<div><dt>${inHtml(name)}<dd>${inHtml(value)}</div>`).join('')}</dl>
${tables.map(tableHtml).join('\n')}
${pictures.map(pictureHtml).join('\n')}
${timeline.length > 0 ? timelineHtml(timeline, besideTimeline) : ''}
${charts.length > 0 ? chartsHtml(charts) : ''}
<script type="application/json" id="data">${jsonInHtml(charts)}</script>
<script>${plotter('uPlot.iife.min.js')}</script>
<script>${script}</script>
</html>
`;
}

const inHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] as string);

// A closing tag inside the data would end the script element, so `<` is escaped.
const jsonInHtml = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const dataUri = (png: Uint8Array): string => `data:image/png;base64,${Buffer.from(png).toString('base64')}`;

function tableHtml({ title, note, rows: [head, ...rows] }: Table): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${inHtml(cell)}`).join('')}`;
  const below = note ? `<p>${inHtml(note)}</p>` : '';
  return `<section><h2>${inHtml(title)}</h2><table>${row(head ?? [], 'th')}${rows.map((r) => row(r, 'td')).join('')}</table>${below}</section>`;
}

const chartsHtml = (charts: readonly Chart[]): string =>
  charts.some(({ scattered }) => !scattered)
    ? '<section><h2>Curves</h2><label><input type="checkbox" id="smooth" checked> smooth</label><div id="charts"></div></section>'
    : '<section><h2>Plots</h2><div id="charts"></div></section>';

const pictureHtml = ({ title, png }: Picture): string =>
  `<section><h2>${inHtml(title)}</h2><img src="${dataUri(png)}" alt="${inHtml(title)}"></section>`;

function timelineHtml(pictures: readonly Picture[], beside: readonly Picture[]): string {
  const last = pictures.length - 1;
  const images = pictures
    .map(
      ({ title, png }, k) =>
        `<img src="${dataUri(png)}" alt="${inHtml(title)}" title="${inHtml(title)}"${k === last ? '' : ' hidden'}>`,
    )
    .join('');
  const slider = `<input type="range" id="when" min="0" max="${last}" value="${last}"> <output id="now">${inHtml(pictures[last]?.title ?? '')}</output>`;
  const figure = (content: string, caption: string) => `<figure>${content}<figcaption>${caption}</figcaption></figure>`;
  const others = beside.map(({ title, png }) =>
    figure(`<img src="${dataUri(png)}" alt="${inHtml(title)}">`, inHtml(title)),
  );
  const moving = figure(`<div id="frames">${images}</div>`, slider);
  return `<section><h2>Held-out faces over training</h2><div class="side">${moving}${others.join('')}</div></section>`;
}
