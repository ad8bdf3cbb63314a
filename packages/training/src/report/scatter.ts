/** @file A diagram of labelled points as an SVG element, and a page around it that needs no other file. */
import { pageStyle } from './page.ts';

/** A labelled point. */
export interface ScatterPoint {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** Drawn larger and filled. */
  readonly strong?: boolean;
  /** Half the length of the horizontal and vertical error bars. */
  readonly spread?: { readonly x: number; readonly y: number };
}

/** One axis of a {@link Scatter}. */
export interface ScatterAxis {
  readonly title: string;
  /** Formats the number at a tick. */
  readonly format: (value: number) => string;
}

/** A scatter diagram; the ranges of its axes follow from the points. */
export interface Scatter {
  readonly points: readonly ScatterPoint[];
  readonly x: ScatterAxis;
  readonly y: ScatterAxis;
  /** A line above the diagram that says under which conditions the points were measured. */
  readonly note?: string;
}

const [WIDTH, HEIGHT] = [720, 460];
const EDGE = { left: 76, right: 110, top: 36, bottom: 56 } as const;
const LINE = 16; // height of a label
const TICKS = 5;

/**
 * A range with round ends that contains the values, and the step between its ticks. The range is never empty, even if
 * all values are equal.
 */
function roundRange(values: readonly number[]): { low: number; high: number; step: number } {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spread = most - least || Math.abs(most) || 1;
  const rough = (1.1 * spread) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) as number);
  const low = Math.floor((least - 0.02 * spread) / step) * step;
  return { low, high: Math.max(low + step, Math.ceil((most + 0.02 * spread) / step) * step), step };
}

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

function scaleOf(values: readonly number[], from: number, to: number): Scale {
  const { low, high, step } = roundRange(values);
  const count = Math.round((high - low) / step);
  return {
    at: (value) => from + ((value - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: count + 1 }, (_, k) => low + k * step),
  };
}

/**
 * Vertical positions of labels near their points, such that no label covers another. Labels are placed from top to
 * bottom, and each is moved below the previous one if they would touch.
 */
function labelHeights(places: readonly { readonly x: number; readonly y: number }[]): number[] {
  const heights = places.map(({ y }) => y);
  const order = [...places.keys()].sort((a, b) => (heights[a] as number) - (heights[b] as number));
  order.forEach((k, rank) => {
    for (const other of order.slice(0, rank)) {
      const beside = Math.abs((places[k] as { x: number }).x - (places[other] as { x: number }).x) < 90;
      const gap = (heights[k] as number) - (heights[other] as number);
      if (beside && gap < LINE) heights[k] = (heights[other] as number) + LINE;
    }
  });
  return heights;
}

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${inHtml(words)}</text>`;

/** The values that an axis must include for a point: its own value, or the ends of its error bar. */
const reach = ({ spread, ...point }: ScatterPoint, axis: 'x' | 'y'): number[] =>
  spread ? [point[axis] - spread[axis], point[axis] + spread[axis]] : [point[axis]];

/** The error bars of a point; empty for a point without a spread. */
function barsOf({ x, y, spread }: ScatterPoint, across: Scale, up: Scale): string {
  if (!spread) return '';
  const bar = (x1: number, y1: number, x2: number, y2: number) =>
    `<line x1="${across.at(x1).toFixed(1)}" y1="${up.at(y1).toFixed(1)}" x2="${across.at(x2).toFixed(1)}" y2="${up.at(y2).toFixed(1)}" class="bar"/>`;
  return bar(x - spread.x, y, x + spread.x, y) + bar(x, y - spread.y, x, y + spread.y);
}

/** The diagram as an SVG element, in the colour of the surrounding text. */
export function scatterSvg({ points, x, y, note }: Scatter): string {
  const [right, bottom] = [WIDTH - EDGE.right, HEIGHT - EDGE.bottom];
  const across = scaleOf(
    points.flatMap((point) => reach(point, 'x')),
    EDGE.left,
    right,
  );
  const up = scaleOf(
    points.flatMap((point) => reach(point, 'y')),
    bottom,
    EDGE.top,
  );
  const grid = [
    ...across.ticks.map((tick) => {
      const at = across.at(tick);
      const line = `<line x1="${at}" x2="${at}" y1="${EDGE.top}" y2="${bottom}" class="grid"/>`;
      return line + text(at, bottom + 20, x.format(tick), 'text-anchor="middle"');
    }),
    ...up.ticks.map((tick) => {
      const at = up.at(tick);
      const line = `<line x1="${EDGE.left}" x2="${right}" y1="${at}" y2="${at}" class="grid"/>`;
      return line + text(EDGE.left - 8, at + 4, y.format(tick), 'text-anchor="end"');
    }),
  ];
  const places = points.map((point) => ({ x: across.at(point.x), y: up.at(point.y) }));
  const heights = labelHeights(places);
  const marks = points.map(({ label, strong = false }, k) => {
    const place = places[k] as { x: number; y: number };
    const circle = `<circle cx="${place.x.toFixed(1)}" cy="${place.y.toFixed(1)}" r="${strong ? 7 : 5}" class="${strong ? 'strong' : 'point'}"/>`;
    const weight = strong ? 'font-weight="600"' : '';
    return (
      barsOf(points[k] as ScatterPoint, across, up) +
      circle +
      text(place.x + 12, (heights[k] as number) + 4, label, weight)
    );
  });
  const middle = (EDGE.top + bottom) / 2;
  const titles = [
    ...(note ? [text(EDGE.left, 18, note)] : []),
    text((EDGE.left + right) / 2, HEIGHT - 12, x.title, 'text-anchor="middle"'),
    text(18, middle, y.title, `text-anchor="middle" transform="rotate(-90 18 ${middle})"`),
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-size="13" fill="currentColor" xmlns="http://www.w3.org/2000/svg">
<title>${inHtml(`${y.title}, against ${x.title}`)}</title>
<style>.bar{stroke:currentColor;opacity:.4}.grid{stroke:currentColor;opacity:.15}.point{fill:none;stroke:#3b7dd8;stroke-width:2.5}.strong{fill:#d9541e}</style>
${[...grid, ...marks, ...titles].join('\n')}
</svg>`;
}

/** The content of a {@link figurePage}. */
export interface FigurePage {
  readonly title: string;
  readonly figures: readonly Scatter[];
  /** What the figures say, in sentences. */
  readonly caption: string;
  /** The first row is the head. */
  readonly rows: readonly (readonly string[])[];
  /** Name and value pairs: adapter, preset, command, … */
  readonly facts: readonly (readonly [string, string])[];
}

/** Figures with their numbers as one HTML page that needs no other file. */
export function figurePage({ title, figures, caption, rows: [head, ...rows], facts }: FigurePage): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${inHtml(cell)}`).join('')}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${inHtml(title)}</title>
<style>${pageStyle()}</style>
<h1>${inHtml(title)}</h1>
${figures.map(scatterSvg).join('\n')}
<p>${inHtml(caption)}</p>
<table>${row(head ?? [], 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>
<dl>${facts.map(([name, value]) => `<div><dt>${inHtml(name)}<dd>${inHtml(value)}</div>`).join('')}</dl>
</html>
`;
}

const inHtml = (words: string): string =>
  words.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] as string);
