/**
 * Helpers of the drawings: shapes as lines of SVG text. Lengths are pixels; colours are classes whose values follow the
 * reader's light or dark theme.
 *
 *     drawing(300, 100, box(10, 10, 80, 30, 'buffer', 'a'), arrow(90, 25, 140, 25), label(150, 30, 'kernel'))
 */

/** Ink and paper, then four fills (a to d) that differ in lightness too, so that they are told apart without colour. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .small { font-size: 11px; } .mono { font-family: ui-monospace, monospace; } .strong { font-weight: 600; }
  .paper { fill: #ffffff; } .line { stroke: #57606a; fill: none; stroke-width: 1.2; } .dash { stroke-dasharray: 4 3; }
  .head { fill: #57606a; } .shape { stroke: #57606a; stroke-width: 1; fill: #f6f8fa; }
  .a { fill: #b6d7f5; } .b { fill: #fbd9a5; } .c { fill: #c5e8c1; } .d { fill: #e6c7ee; }
  .curve { fill: none; stroke-width: 2; } .stroke-a { stroke: #1f6fb5; } .stroke-b { stroke: #b86a00; }
  .stroke-c { stroke: #2e7d32; } .stroke-d { stroke: #8e3aa0; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .paper { fill: #0d1117; } .line { stroke: #9aa4b0; } .head { fill: #9aa4b0; }
    .shape { stroke: #9aa4b0; fill: #1b2129; }
    .a { fill: #1f4a70; } .b { fill: #6b4710; } .c { fill: #24552a; } .d { fill: #573063; }
    .stroke-a { stroke: #6cb6ff; } .stroke-b { stroke: #e8a33d; } .stroke-c { stroke: #6bc46d; }
    .stroke-d { stroke: #cf8bdf; }
  }`;

const escaped = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
/** A number with at most two digits after the point, so that files do not depend on rounding. */
const n = (value) => String(Math.round(100 * value) / 100);

/** A whole drawing of a width and a height; `title` is what a screen reader says. */
export function drawing(width, height, title, ...parts) {
  const body = parts.flat(Number.POSITIVE_INFINITY).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}
</style>
<rect class="paper" width="${width}" height="${height}"/>
${body}
</svg>
`;
}

/** Text from (x, y) on; `anchor` is start, middle or end, `kind` names classes such as `small mono`. */
export const label = (x, y, text, kind = '', anchor = 'start') =>
  `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}"${kind ? ` class="${kind}"` : ''}>${escaped(text)}</text>`;

/** A rectangle with a line of text in its middle; `fill` is a, b, c, d or empty. */
export const box = (x, y, width, height, text = '', fill = '', kind = '') => [
  `<rect class="shape${fill ? ` ${fill}` : ''}" x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${Math.min(width, height) < 16 ? 1 : 3}"/>`,
  text === '' ? [] : label(x + width / 2, y + height / 2 + 4.5, text, kind, 'middle'),
];

/** A grid of squares: `fillOf(row, column)` and `textOf(row, column)` say how each looks. */
export const grid = (x, y, rows, columns, side, fillOf = () => '', textOf = () => '') =>
  Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return box(x + column * side, y + row * side, side, side, textOf(row, column), fillOf(row, column), 'small');
  });

/** A straight line; `kind` may be `dash`. */
export const line = (x1, y1, x2, y2, kind = '') =>
  `<path class="line${kind ? ` ${kind}` : ''}" d="M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}"/>`;

/** A straight line with a head at its end. */
export function arrow(x1, y1, x2, y2, kind = '') {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [bx, by] = [x2 - 8 * dx, y2 - 8 * dy];
  const corners = [
    [x2, y2],
    [bx - 4 * dy, by + 4 * dx],
    [bx + 4 * dy, by - 4 * dx],
  ];
  return [
    line(x1, y1, bx, by, kind),
    `<path class="head" d="M${corners.map(([x, y]) => `${n(x)} ${n(y)}`).join('L')}Z"/>`,
  ];
}

/** A curve through points; `colour` is a, b, c or d. */
export const curve = (points, colour = 'a') =>
  `<path class="curve stroke-${colour}" d="M${points.map(([x, y]) => `${n(x)} ${n(y)}`).join('L')}"/>`;

/** A circle with text in its middle. */
export const circle = (x, y, radius, text = '', fill = '') => [
  `<circle class="shape${fill ? ` ${fill}` : ''}" cx="${n(x)}" cy="${n(y)}" r="${n(radius)}"/>`,
  text === '' ? [] : label(x, y + 4.5, text, '', 'middle'),
];
